//! The times when devices were heard, and when a person did something on them.

use baton_domain::group::Key;
use baton_protocol::{DeviceId, Timestamp};
use serde_json::{Value, json};

use crate::{Sql, Store, StoreError};

/// A device that said something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceHeard {
    /// The device.
    pub device: Key<DeviceId>,
    /// The time at which it said something.
    pub acked: Timestamp,
    /// The time at which somebody looked.
    pub watched: Option<Timestamp>,
    /// The last time at which a person did something there.
    pub acted: Option<Timestamp>,
}

/// Notes when devices were heard. An act that is known already is not forgotten.
pub async fn note_acks(store: &Store, heard: &[DeviceHeard]) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE device SET acked_at = CAST(x.value->>2 AS BIGINT),
           watched_at = COALESCE(CAST(x.value->>3 AS BIGINT), device.watched_at),
           acted_at = CASE WHEN CAST(x.value->>4 AS BIGINT) > COALESCE(device.acted_at, 0)
             THEN CAST(x.value->>4 AS BIGINT) ELSE device.acted_at END
         FROM {rows $1} AS x
         WHERE device.workspace = x.value->>0 AND device.id = x.value->>1
           AND device.revoked_at IS NULL",
    );
    let rows = heard.iter().map(|of| {
        let (workspace, device) = of.device;
        let [watched, acted] = [of.watched, of.acted].map(|at| at.map(Timestamp::ms));
        json!([workspace, device, of.acked.ms(), watched, acted])
    });
    let rows = Value::from_iter(rows).to_string();
    store.run_alone(&SQL, &[&rows]).await?;
    Ok(())
}

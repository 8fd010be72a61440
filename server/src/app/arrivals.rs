//! Looks up devices that come in with a token, a group at a time. A group comes in while the one
//! before is looked up. So a crowd that comes back costs a few queries, not a few for each device.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_domain::sight::Sight;
use baton_protocol::{AgentId, DeviceId, WorkspaceId};
use tokio::sync::{mpsc, oneshot};

use crate::accounts::{AccountError, Accounts, Signed};
use crate::gateway::{Arrived, Caller, NotLetIn};
use crate::store::{Store, StoreError, read};

/// Those who wait; who comes when there are so many waits for a place.
const WAITING_MAX: usize = 1_024;
/// Those who are looked up at once.
const GROUP_MAX: usize = 256;

/// The way in. Cheap to clone; when the last one is gone, nobody is looked up any more.
#[derive(Clone, Debug)]
pub(super) struct Arrivals(mpsc::Sender<Arrival>);

struct Arrival {
    token: String,
    device: DeviceId,
    answer: oneshot::Sender<Result<Arrived, NotLetIn>>,
}

impl Arrivals {
    pub(super) fn begin(store: Store, accounts: Accounts) -> Self {
        let (sender, mut waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            let mut group = Vec::new();
            while waiting.recv_many(&mut group, GROUP_MAX).await > 0 {
                // Who has hung up meanwhile is not looked up.
                group.retain(|arrival: &Arrival| !arrival.answer.is_closed());
                look_up(&store, &accounts, &mut group).await;
            }
        });
        Self(sender)
    }

    /// Who comes in with this token on this device.
    pub(super) async fn arrive(&self, token: &str, device: DeviceId) -> Result<Arrived, NotLetIn> {
        let (answer, answered) = oneshot::channel();
        let arrival = Arrival { token: token.to_owned(), device, answer };
        self.0.send(arrival).await.map_err(|_closed| NotLetIn::Unavailable)?;
        answered.await.unwrap_or(Err(NotLetIn::Unavailable))
    }
}

/// Answers all of them and leaves the group empty.
async fn look_up(store: &Store, accounts: &Accounts, group: &mut Vec<Arrival>) {
    let tokens: Vec<_> = group.iter().map(|arrival| arrival.token.as_str()).collect();
    let callers: Vec<_> = match accounts.authenticate_all(&tokens).await {
        Ok(all) => {
            let devices = group.iter().map(|arrival| arrival.device);
            all.into_iter().zip(devices).map(|(signed, device)| caller(signed, device)).collect()
        }
        Err(error) => tokens.iter().map(|_| Err(not_let_in(&error))).collect(),
    };
    for (arrival, answer) in group.drain(..).zip(arrived(store, callers).await) {
        // Who has hung up needs no answer.
        drop(arrival.answer.send(answer));
    }
}

/// What each of them may see, and where their logs stand, in one moment of the store.
pub(super) async fn arrived(
    store: &Store,
    callers: Vec<Result<Caller, NotLetIn>>,
) -> Vec<Result<Arrived, NotLetIn>> {
    let known: Vec<_> = callers.iter().flatten().map(|c| (c.workspace, c.agent)).collect();
    let found = rights(store, &known).await;
    let answer = |caller: Result<Caller, NotLetIn>| {
        let caller = caller?;
        let Ok((heads, sights)) = &found else { return Err(NotLetIn::Unavailable) };
        let sight = sights.get(&caller.agent).cloned().ok_or(NotLetIn::SignInAgain)?;
        let head = heads.get(&caller.workspace).copied().unwrap_or(0);
        Ok(Arrived { caller, sight, epoch: store.epoch(), head })
    };
    callers.into_iter().map(answer).collect()
}

type Rights = (BTreeMap<WorkspaceId, u64>, BTreeMap<AgentId, Sight>);

async fn rights(store: &Store, of: &[Key<AgentId>]) -> Result<Rights, StoreError> {
    if of.is_empty() {
        return Ok(Rights::default());
    }
    let workspaces: BTreeSet<_> = of.iter().map(|(workspace, _)| *workspace).collect();
    let mut tx = store.read().await?;
    let heads = read::log_heads_of(&mut tx, &workspaces).await?;
    Ok((heads, read::sights(&mut tx, of).await?))
}

/// Who that is; a token is good on its own device alone.
pub(super) fn caller(
    signed: Result<Signed, AccountError>,
    device: DeviceId,
) -> Result<Caller, NotLetIn> {
    let signed = signed.map_err(|error| not_let_in(&error))?;
    if signed.device != device {
        return Err(NotLetIn::SignInAgain);
    }
    Ok(Caller { workspace: signed.workspace, agent: signed.agent, device: signed.device })
}

fn not_let_in(error: &AccountError) -> NotLetIn {
    if matches!(error, AccountError::DeviceRevoked) {
        NotLetIn::DeviceRevoked
    } else if error.is_unavailable() {
        NotLetIn::Unavailable
    } else {
        NotLetIn::SignInAgain
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::Role;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_is_good_on_its_own_device_alone() {
        let (workspace, agent) = (WorkspaceId(Uuid::nil()), AgentId(Uuid::nil()));
        let (device, other) = (DeviceId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        let signed = || Ok(Signed { workspace, agent, device, role: Role::Agent, key: None });
        assert_eq!(caller(signed(), device), Ok(Caller { workspace, agent, device }));
        assert_eq!(caller(signed(), other), Err(NotLetIn::SignInAgain));
        let revoked = caller(Err(AccountError::DeviceRevoked), device);
        assert_eq!(revoked, Err(NotLetIn::DeviceRevoked));
    }
}

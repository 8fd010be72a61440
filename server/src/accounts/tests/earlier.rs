//! Sessions of a version that stored plain digests of tokens.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::accounts::earlier::renew_digests;

#[tokio::test]
async fn sessions_with_plain_digests_go_on_and_planted_ones_do_not() {
    static PUT: Sql =
        Sql::new("UPDATE device SET refresh_digest = $2, access_digest = $3 WHERE id = $1");
    for office in offices().await {
        let ana = office.sign_in("ana@acme.example").await;
        let ben = office.sign_in("ben@acme.example").await;
        let planted = ("br_planted".to_owned(), "ba_planted".to_owned());
        let tokens = (ana.refresh_token.clone(), ana.access_token.clone());
        for (device, (refresh, access)) in [(ana.device_id, tokens), (ben.device_id, planted)] {
            let plain = |text: &str| hex::encode(Sha256::digest(text));
            let args = [device.to_string(), plain(&refresh), plain(&access)];
            office.database.store.run_alone(&PUT, &args).await.unwrap();
        }
        assert!(office.accounts.authenticate(&ana.access_token).await.is_err());
        renew_digests(&office.database.store, &Keys::new([3; 32])).await.unwrap();
        let signed = office.accounts.authenticate(&ana.access_token).await.unwrap();
        assert_eq!(signed.device, ana.device_id);
        let (refresh_token, device_id) = (ana.refresh_token.clone(), ana.device_id);
        office.accounts.refresh(&Refresh { refresh_token, device_id }).await.unwrap();
        for token in ["ba_planted", ben.access_token.as_str()] {
            assert!(office.accounts.authenticate(token).await.is_err(), "{token}");
        }
        office.database.close().await;
    }
}

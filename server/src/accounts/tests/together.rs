//! Tokens of a crowd, asked for together.

use super::*;

#[tokio::test]
async fn of_tokens_that_are_asked_for_together_each_has_its_own_answer() {
    for office in offices().await {
        let ana = office.sign_in("ana@acme.example").await;
        let ben = office.sign_in("ben@acme.example").await;
        let lost = office.sign_in("ben@acme.example").await;
        let by = office.accounts.authenticate(&lost.access_token).await.unwrap();
        office.accounts.revoke(&office.engine, by, lost.device_id).await.unwrap();
        let tokens = [&ana, &lost, &ben, &ana].map(|session| session.access_token.as_str());
        let tokens = [&tokens[..], &["", "nonsense"]].concat();
        let before = office.database.store.statements().get();
        let answers = office.accounts.authenticate_all(&tokens).await.unwrap();
        assert_eq!(office.database.store.statements().get() - before, 1);
        let whose = |answer: &Result<Speaker, AccountError>| match answer {
            Ok(signed) => Ok((signed.agent, signed.device)),
            Err(error) => Err(matches!(error, AccountError::DeviceRevoked)),
        };
        let of = |session: &Session| Ok((session.agent_id, session.device_id));
        let expected = [of(&ana), Err(true), of(&ben), of(&ana), Err(false), Err(false)];
        assert_eq!(answers.iter().map(whose).collect::<Vec<_>>(), expected);
    }
}

//! Registrations for pushes end with what they hang on; targets are opened for whoever sends; what
//! a device tells is kept within bounds.

use baton_protocol::account::Login;
use baton_protocol::push::{
    AppState, PushEnv, PushKey, PushLane, PushPut, PushReceipt, PushState, PushTargetKind,
    ReceiptStage,
};
use baton_protocol::settings::AgentChange;
use baton_protocol::{AgentState, Epoch, PushId};
use uuid::Uuid;

use super::*;
use crate::accounts::push::receipts::ReceiptCounts;

const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

fn put(target: &str) -> PushPut {
    let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZG\
                  H6SRpkNtoIAiw4";
    let key = PushKey { id: None, p256dh: p256dh.to_owned(), auth: AUTH.to_owned() };
    PushPut {
        lane: PushLane::Apns,
        target_kind: PushTargetKind::Token,
        target: target.to_owned(),
        key: Some(key),
        app_id: Some("org.example.baton".to_owned()),
        env: Some(PushEnv::Sandbox),
        locale: None,
        caps: Vec::new(),
    }
}

impl Office {
    async fn registers(&self, session: &Session, target: &str) -> String {
        let signed = self.signed(session).await;
        let registered = self.accounts.register_push(signed, signed.device, &put(target)).await;
        registered.unwrap().receipt_key
    }

    /// Whether pushes for the device go out, and whether there is anything left of where to.
    async fn is_reached(&self, session: &Session) -> (bool, bool) {
        static READ: Sql = Sql::new("SELECT device FROM push_device WHERE device = $1");
        let device = session.device_id;
        let target = self.accounts.push_target(self.workspace, device).await.unwrap();
        let mut tx = self.database.store.read().await.unwrap();
        let row = tx.row::<(String,)>(&READ, &[&device.to_string()]).await.unwrap();
        tx.rollback().await.unwrap();
        (target.is_some(), row.is_some())
    }

    async fn tells(
        &self,
        key: &str,
        push: PushId,
        stage: ReceiptStage,
        at: Timestamp,
    ) -> ReceiptCounts {
        let reporter = self.accounts.by_receipt_key(key).await.unwrap();
        let receipt = PushReceipt { id: push, stage, at, app_state: AppState::Extension };
        self.accounts.receive_receipts(reporter, &[receipt]).await.unwrap()
    }

    fn push(&self) -> PushId {
        PushId(self.clock.clock().uuid_v7())
    }
}

const REACHED: (bool, bool) = (true, true);
const GONE: (bool, bool) = (false, false);

#[tokio::test]
async fn what_ends_a_session_ends_its_pushes_with_it() {
    for office in offices().await {
        let accounts = &office.accounts;
        let [out, revoked, changed, set, left] =
            ["signed out", "revoked", "password changed", "password set", "left"].map(hex::encode);
        // The colleague's stays through all of it.
        let witness = office.sign_in(ANA).await;
        office.registers(&witness, &hex::encode("witness")).await;

        let phone = office.sign_in(BEN).await;
        let key = office.registers(&phone, &out).await;
        assert_eq!(office.is_reached(&phone).await, REACHED);
        accounts.sign_out(office.signed(&phone).await).await.unwrap();
        assert_eq!(office.is_reached(&phone).await, GONE);
        is_over(accounts.by_receipt_key(&key).await);

        let (phone, desk) = (office.sign_in(BEN).await, office.sign_in(BEN).await);
        office.registers(&phone, &revoked).await;
        office.registers(&desk, &changed).await;
        let by = office.signed(&desk).await;
        accounts.revoke(&office.engine, by, phone.device_id).await.unwrap();
        assert_eq!(office.is_reached(&phone).await, GONE);
        assert_eq!(office.is_reached(&desk).await, REACHED);

        let phone = office.sign_in(BEN).await;
        office.registers(&phone, &set).await;
        let secret = Secret::new(PASSWORD);
        accounts.change_password(&office.engine, by, &secret, &secret).await.unwrap();
        assert_eq!(office.is_reached(&phone).await, GONE);
        assert_eq!(office.is_reached(&desk).await, REACHED, "its session goes on");
        let setter = Setter { workspace: office.workspace, by: None };
        accounts.set_password(&office.engine, setter, desk.agent_id, &secret).await.unwrap();
        assert_eq!(office.is_reached(&desk).await, GONE);

        let phone = office.sign_in(BEN).await;
        office.registers(&phone, &left).await;
        let state = Some(AgentState::Leaving);
        let change = AgentChange { state, ..AgentChange::default() };
        let done = accounts.change_agent(&office.engine, setter, phone.agent_id, &change);
        done.await.unwrap();
        assert_eq!(office.is_reached(&phone).await, GONE);
        assert_eq!(office.is_reached(&witness).await, REACHED);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_copied_session_and_another_life_of_the_database_end_pushes_too() {
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        office.registers(&phone, "00ff").await;
        let second = office.refresh(&phone).await.unwrap();
        assert_eq!(office.is_reached(&phone).await, REACHED, "the session goes on");
        let third = office.refresh(&second).await.unwrap();
        is_over(office.refresh(&phone).await);
        is_over(office.refresh(&third).await);
        assert_eq!(office.is_reached(&phone).await, GONE);

        let phone = office.sign_in(BEN).await;
        office.registers(&phone, "00ff").await;
        let mut tx = office.database.store.begin().await.unwrap();
        crate::store::restore::begin(&mut tx, Epoch(Uuid::from_u128(7)), &[], NOON).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.is_reached(&phone).await, GONE);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_session_that_ended_by_itself_is_not_pushed_to_and_who_signs_in_again_is() {
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        let key = office.registers(&phone, "00ff").await;
        office.clock.advance_ms(30 * DAY_MS);
        assert_eq!(office.is_reached(&phone).await, (false, true));
        is_over(office.accounts.by_receipt_key(&key).await);
        let again = Login { device_id: Some(phone.device_id), ..login(BEN, PASSWORD) };
        let again = office.accounts.sign_in(&again, HERE).await.unwrap();
        assert_eq!(again.device_id, phone.device_id);
        assert_eq!(office.is_reached(&phone).await, REACHED, "same agent, same device");
        office.database.close().await;
    }
}

#[tokio::test]
async fn no_session_that_has_just_ended_is_registered() {
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        let signed = office.signed(&phone).await;
        office.accounts.sign_out(signed).await.unwrap();
        let late = office.accounts.register_push(signed, signed.device, &put("00ff")).await;
        is_over(late.map(drop));
        assert_eq!(office.is_reached(&phone).await, GONE);
        office.database.close().await;
    }
}

#[tokio::test]
async fn many_devices_that_register_one_target_at_once_leave_it_to_one() {
    for office in offices().await {
        let mut sessions = Vec::new();
        for _ in 0..6 {
            sessions.push(office.sign_in(BEN).await);
        }
        // Each first has a target of its own, so that some are rotated into each other's.
        for (n, session) in sessions.iter().enumerate() {
            office.registers(session, &format!("{n:04}")).await;
        }
        let all = sessions.iter().map(|session| office.registers(session, "beef"));
        futures_util::future::join_all(all).await;
        let mut reached = 0;
        for session in &sessions {
            let device = session.device_id;
            let target = office.accounts.push_target(office.workspace, device).await.unwrap();
            reached += usize::from(target.is_some_and(|to| to.target.expose() == "beef"));
        }
        assert_eq!(reached, 1);
        office.database.close().await;
    }
}

#[tokio::test]
async fn the_sender_opens_what_was_registered() {
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        office.registers(&phone, "00FF").await;
        let target = office.accounts.push_target(office.workspace, phone.device_id).await;
        let target = target.unwrap().unwrap();
        assert_eq!((target.lane, target.kind), (PushLane::Apns, PushTargetKind::Token));
        assert_eq!((target.target.expose(), target.env), ("00ff", Some(PushEnv::Sandbox)));
        assert_eq!(target.key.as_ref().unwrap().auth.expose(), AUTH);
        let printed = format!("{target:?}");
        assert!(!printed.contains("00ff") && !printed.contains(AUTH), "{printed}");
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_target_that_is_gone_is_forgotten_unless_it_is_another_one_by_now() {
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        let digest = async || {
            let target = office.accounts.push_target(office.workspace, phone.device_id).await;
            target.unwrap().unwrap().digest
        };
        let forget = async |digest: &str, gone_at| {
            office.accounts.forget_push_target(digest, gone_at).await.unwrap()
        };
        office.registers(&phone, "0001").await;
        let old = digest().await;
        // While the service's answer was on its way the app was given another token.
        office.registers(&phone, "0002").await;
        assert!(!forget(&old, None).await);
        assert_eq!(office.is_reached(&phone).await, REACHED);
        // Apple says when it saw the app go: it has come back since.
        let gone_at = office.clock.clock().now();
        office.clock.advance_ms(1);
        office.registers(&phone, "0002").await;
        assert!(!forget(&digest().await, Some(gone_at)).await);
        assert_eq!(office.is_reached(&phone).await, REACHED);
        office.clock.advance_ms(1);
        let gone_at = office.clock.clock().now();
        assert!(forget(&digest().await, Some(gone_at)).await);
        assert_eq!(office.is_reached(&phone).await, GONE);
        office.registers(&phone, "0003").await;
        assert!(forget(&digest().await, None).await);
        assert_eq!(office.is_reached(&phone).await, GONE);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_target_that_its_app_does_not_confirm_becomes_stale() {
    for office in offices().await {
        let mut phone = office.sign_in(BEN).await;
        office.registers(&phone, "00ff").await;
        let state = async |session: &Session| {
            let signed = office.signed(session).await;
            office.accounts.push_of(signed, signed.device).await.unwrap().state
        };
        for _ in 0..2 {
            office.clock.advance_ms(15 * DAY_MS);
            phone = office.refresh(&phone).await.unwrap();
            assert_eq!(state(&phone).await, PushState::Active);
        }
        office.clock.advance_ms(1);
        assert_eq!(state(&phone).await, PushState::Stale);
        office.registers(&phone, "00ff").await;
        assert_eq!(state(&phone).await, PushState::Active);
        office.database.close().await;
    }
}

#[tokio::test]
async fn of_each_stage_the_first_time_counts_and_no_clock_of_a_device_is_believed_blindly() {
    static READ: Sql = Sql::new(
        "SELECT received_at, shown_at, opened_at, dismissed_at FROM push_receipt WHERE push = $1",
    );
    use ReceiptStage::{Dismissed, Opened, Received, Shown};
    type Times = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        let key = office.registers(&phone, "00ff").await;
        let push = office.push();
        let made = push.made_at().unwrap();
        office.clock.advance_ms(1_000);
        let now = office.clock.clock().now();
        let at = |ms| Some(made.ms() + ms);
        for (stage, time, news) in [
            (Opened, made.plus_ms(500), 1),
            (Shown, made.plus_ms(300), 1),
            (Shown, made.plus_ms(200), 0),
            // An hour slow, a year fast.
            (Received, made.plus_ms(-3_600_000), 1),
            (Dismissed, now.plus_ms(365 * 86_400_000), 1),
        ] {
            let heard = office.tells(&key, push, stage, time).await;
            assert_eq!((heard.new.iter().sum::<u32>(), heard.again), (news, 1 - news), "{stage:?}");
        }
        let mut tx = office.database.store.read().await.unwrap();
        let times = tx.row::<Times>(&READ, &[&push.to_string()]).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(times, (at(0), at(300), at(500), Some(now.ms())));
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_device_that_tells_and_tells_fills_nothing() {
    static COUNT: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM push_receipt");
    for office in offices().await {
        let phone = office.sign_in(BEN).await;
        let key = office.registers(&phone, "00ff").await;
        let reporter = office.accounts.by_receipt_key(&key).await.unwrap();
        let first = office.push();
        office.tells(&key, first, ReceiptStage::Shown, NOON).await;
        for _ in 0..21 {
            office.clock.advance_ms(1);
            let receipts: Vec<_> = (0..100)
                .map(|_| PushReceipt {
                    id: office.push(),
                    stage: ReceiptStage::Shown,
                    at: NOON,
                    app_state: AppState::Background,
                })
                .collect();
            office.accounts.receive_receipts(reporter, &receipts).await.unwrap();
        }
        let mut tx = office.database.store.read().await.unwrap();
        assert_eq!(tx.row::<(i64,)>(&COUNT, &[]).await.unwrap(), Some((2_000,)));
        tx.rollback().await.unwrap();
        // The oldest are those that went.
        let heard = office.tells(&key, first, ReceiptStage::Shown, NOON).await;
        assert_eq!(heard.again, 0);
        office.database.close().await;
    }
}

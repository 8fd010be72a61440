//! Sessions and settings on a real database.

mod cookies;
mod earlier;
mod push;
mod together;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use baton_protocol::account::{Login, Refresh, Session};
use baton_protocol::settings::AgentNew;
use baton_protocol::{AgentId, DeviceId, Role, Timestamp, WorkspaceId};

use super::settings::workspace::WorkspaceNew;
use super::*;
use crate::clock::ManualClock;
use crate::config::Secret;
use crate::coordinator::InProcess;
use crate::engine::{Engine, Limits};
use crate::speaker::Speaker;
use crate::store::{Sql, testing};
use crate::telemetry::Metrics;

const NOON: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const PASSWORD: &str = "correct horse";
const MINUTE_MS: u64 = 60_000;

/// A workspace `acme` with the admin `ana@acme.example` and the agent `ben@acme.example`.
struct Office {
    database: testing::TestDatabase,
    accounts: Accounts,
    engine: Engine,
    clock: ManualClock,
    workspace: WorkspaceId,
    ended: Arc<Ended>,
}

#[derive(Default)]
struct Ended(Mutex<Vec<(DeviceId, SessionState)>>);

impl OnEnded for Ended {
    fn on_ended(&self, _: WorkspaceId, device: DeviceId, standing: SessionState) {
        self.0.lock().unwrap().push((device, standing));
    }
}

async fn offices() -> Vec<Office> {
    let mut offices = Vec::new();
    for database in testing::databases().await {
        let clock = ManualClock::new(NOON, 5);
        let config = SessionsConfig {
            access_minutes: 15,
            refresh_days: 30,
            devices_max: 50,
            sign_ins_max: 1_000,
        };
        let keys = Keys::new([3; 32]);
        let accounts = Accounts::new(database.store.clone(), keys, clock.clock(), config, 80);
        let ended = Arc::new(Ended::default());
        accounts.set_on_ended(Arc::clone(&ended) as Arc<dyn OnEnded>);
        let new = WorkspaceNew {
            slug: "acme".to_owned(),
            name: "Acme".to_owned(),
            team: "Sales".to_owned(),
            admin_email: "Ana@acme.example".to_owned(),
            password: Secret::new(PASSWORD),
        };
        let engine = engine(&database, clock.clock());
        let made = accounts.add_workspace(&engine, &new).await.unwrap();
        let workspace = made.workspace;
        let office = Office { database, accounts, engine, clock, workspace, ended };
        office.hire("ben@acme.example").await;
        offices.push(office);
    }
    offices
}

fn engine(database: &testing::TestDatabase, clock: Clock) -> Engine {
    let wall = clock.clone();
    let coordinator = InProcess::start(crate::coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new(move || wall.now()),
    });
    let store = database.store.clone();
    Engine::start(store, clock, coordinator, Metrics::new(), Limits::default()).0
}

impl Office {
    async fn hire(&self, email: &str) -> AgentId {
        let new = AgentNew {
            email: email.to_owned(),
            name: "Somebody".to_owned(),
            role: Role::Agent,
            password: PASSWORD.to_owned(),
            capacity: Some(3),
            teams: Vec::new(),
        };
        let setter = Setter { workspace: self.workspace, by: None };
        let (id, work) = self.accounts.plan_agent(setter, &new).await.unwrap();
        self.write(work).await.unwrap();
        id
    }

    /// What the committer does with a change, the event aside.
    async fn write(&self, work: crate::engine::work::SettingWork) -> Result<(), StoreError> {
        let mut tx = self.database.store.begin().await?;
        for (sql, args) in &work.writes {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            tx.run(sql, &args).await?;
        }
        tx.commit().await
    }

    async fn try_sign_in(&self, email: &str, password: &str) -> Result<Session, AccountError> {
        self.accounts.sign_in(&login(email, password), HERE).await
    }

    async fn sign_in(&self, email: &str) -> Session {
        self.try_sign_in(email, PASSWORD).await.unwrap()
    }

    async fn refresh(&self, session: &Session) -> Result<Session, AccountError> {
        let refresh =
            Refresh { refresh_token: session.refresh_token.clone(), device_id: session.device_id };
        self.accounts.refresh(&refresh).await
    }

    async fn signed(&self, session: &Session) -> Speaker {
        self.accounts.authenticate(&session.access_token).await.unwrap()
    }
}

fn login(email: &str, password: &str) -> Login {
    Login {
        workspace: "acme".to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
        device_id: None,
        device_name: Some("Phone".to_owned()),
    }
}

#[track_caller]
fn is_over<T: std::fmt::Debug>(answer: Result<T, AccountError>) {
    let answer = answer.map(|given| format!("{given:?}"));
    assert!(matches!(answer, Err(AccountError::SignInAgain | AccountError::Reused)), "{answer:?}");
}

#[track_caller]
fn is_revoked<T: std::fmt::Debug>(answer: Result<T, AccountError>) {
    let answer = answer.map(|given| format!("{given:?}"));
    assert!(matches!(answer, Err(AccountError::DeviceRevoked)), "{answer:?}");
}

const BEN: &str = "ben@acme.example";
const ANA: &str = "ana@acme.example";

#[tokio::test]
async fn who_signs_in_is_known_by_the_access_token_until_it_ends() {
    for office in offices().await {
        let session = office.sign_in("BEN@acme.example").await;
        let signed = office.signed(&session).await;
        assert_eq!(signed.workspace, office.workspace);
        assert_eq!((signed.agent, signed.device), (session.agent_id, session.device_id));
        assert_eq!(signed.role, Role::Agent);
        office.clock.advance_ms(15 * MINUTE_MS - 1);
        office.signed(&session).await;
        office.clock.advance_ms(1);
        is_over(office.accounts.authenticate(&session.access_token).await);
        is_over(office.accounts.authenticate("ba_AAAA").await);
        is_over(office.accounts.authenticate(&session.refresh_token).await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_alike_and_the_eleventh_try_waits() {
    for office in offices().await {
        let mut other = login(BEN, PASSWORD);
        other.workspace = "other".to_owned();
        let long = "x".repeat(2_000);
        for login in [
            login(BEN, "wrong horse"),
            login("nobody@acme.example", PASSWORD),
            login("ben\0@acme.example", PASSWORD),
            login(BEN, &long),
            other,
        ] {
            let answer = office.accounts.sign_in(&login, HERE).await;
            assert!(matches!(answer, Err(AccountError::WrongCredentials)), "{answer:?}");
        }
        for _ in 0..9 {
            let answer = office.try_sign_in(BEN, "wrong horse").await;
            assert!(matches!(answer, Err(AccountError::WrongCredentials)), "{answer:?}");
        }
        let answer = office.try_sign_in(BEN, PASSWORD).await;
        assert!(matches!(answer, Err(AccountError::TooManyTries { .. })), "{answer:?}");
        let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
        office.accounts.sign_in(&login(BEN, PASSWORD), elsewhere).await.unwrap();
        office.clock.advance_ms(15 * MINUTE_MS);
        office.sign_in(BEN).await;
        office.database.close().await;
    }
}

#[tokio::test]
async fn each_refresh_gives_the_next_tokens_and_ends_the_ones_before() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let second = office.refresh(&first).await.unwrap();
        assert_ne!(first.refresh_token, second.refresh_token);
        office.signed(&second).await;
        is_over(office.accounts.authenticate(&first.access_token).await);
        let third = office.refresh(&second).await.unwrap();
        assert_eq!(third.device_id, first.device_id);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_gives_the_same_successor() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let lost = office.refresh(&first).await.unwrap();
        office.clock.advance_ms(20 * MINUTE_MS);
        let again = office.refresh(&first).await.unwrap();
        assert_eq!(again.refresh_token, lost.refresh_token);
        assert_eq!(again.access_token, lost.access_token);
        office.signed(&again).await;
        office.refresh(&again).await.unwrap();
        office.database.close().await;
    }
}

#[tokio::test]
async fn the_predecessor_ends_the_session_once_a_token_of_its_successor_was_used() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let second = office.refresh(&first).await.unwrap();
        office.signed(&second).await;
        is_over(office.refresh(&first).await);
        is_over(office.refresh(&second).await);
        is_over(office.accounts.authenticate(&second.access_token).await);
        let ended = office.ended.0.lock().unwrap().clone();
        assert_eq!(ended, [(first.device_id, SessionState::SignInAgain)]);
        office.database.close().await;
    }
}

#[tokio::test]
async fn twenty_refreshes_at_once_give_one_successor() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let asked = (0..20).map(|_| office.refresh(&first));
        let answers = futures_util::future::join_all(asked).await;
        let tokens: std::collections::BTreeSet<String> =
            answers.into_iter().map(|answer| answer.unwrap().refresh_token).collect();
        assert_eq!(tokens.len(), 1);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_token_older_than_the_predecessor_ends_the_session_for_everybody() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let second = office.refresh(&first).await.unwrap();
        let third = office.refresh(&second).await.unwrap();
        is_over(office.refresh(&first).await);
        is_over(office.refresh(&third).await);
        is_over(office.accounts.authenticate(&third.access_token).await);
        let ended = office.ended.0.lock().unwrap().clone();
        assert_eq!(ended, [(first.device_id, SessionState::SignInAgain)]);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_on_its_device_and_for_thirty_idle_days() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let other = Session { device_id: DeviceId(uuid::Uuid::from_u128(9)), ..first.clone() };
        is_over(office.refresh(&other).await);
        office.clock.advance_ms(30 * 24 * 60 * MINUTE_MS - 1);
        let second = office.refresh(&first).await.unwrap();
        office.clock.advance_ms(30 * 24 * 60 * MINUTE_MS);
        is_over(office.refresh(&second).await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_stranger_does_not_wait_for_the_writer_of_the_database_nor_holds_it_up() {
    static LOCK: Sql = Sql::new("SELECT id FROM device WHERE id = $1 {lock}");
    for office in offices().await {
        let good = office.sign_in(BEN).await;
        let mut forged = good.refresh_token.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        let mut tx = office.database.store.begin().await.unwrap();
        tx.row::<(String,)>(&LOCK, &[&good.device_id.to_string()]).await.unwrap().unwrap();
        let unknown = DeviceId(uuid::Uuid::from_u128(9));
        let family = token::Family { workspace: office.workspace, device: unknown, family: "f" };
        let other = family.refresh(&Keys::new([4; 32]), 1).expose().to_owned();
        for (refresh_token, device_id) in [(forged, good.device_id), (other, unknown)] {
            let refresh = Refresh { refresh_token, device_id };
            let answer = office.accounts.refresh(&refresh);
            let answer = tokio::time::timeout(Duration::from_secs(1), answer).await;
            is_over(answer.expect("no answer while somebody writes"));
        }
        tx.rollback().await.unwrap();
        office.refresh(&good).await.unwrap();
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_device_signs_in_again_under_its_id_but_takes_nobody_elses() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let with = |email: &str, device| Login { device_id: device, ..login(email, PASSWORD) };
        let again = with(BEN, Some(first.device_id));
        let again = office.accounts.sign_in(&again, HERE).await.unwrap();
        assert_eq!(again.device_id, first.device_id);
        is_over(office.refresh(&first).await);
        let ana = with(ANA, Some(first.device_id));
        let ana = office.accounts.sign_in(&ana, HERE).await.unwrap();
        assert_ne!(ana.device_id, first.device_id);
        office.signed(&again).await;
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_revoked_device_is_told_so_and_comes_back_only_as_another_one() {
    for office in offices().await {
        let (lost, other) = (office.sign_in(BEN).await, office.sign_in(BEN).await);
        let (of_lost, by) = (office.signed(&lost).await, office.signed(&other).await);
        assert_eq!(office.accounts.devices(by).await.unwrap().len(), 2);
        office.accounts.revoke(&office.engine, by, lost.device_id).await.unwrap();
        is_revoked(office.accounts.authenticate(&lost.access_token).await);
        is_revoked(office.refresh(&lost).await);
        let standings = office.accounts.standings(office.workspace, &[of_lost, by]).await;
        assert_eq!(standings.unwrap(), [SessionState::DeviceRevoked, SessionState::Live]);
        assert_eq!(office.accounts.devices(by).await.unwrap().len(), 1);
        let ended = office.ended.0.lock().unwrap().clone();
        assert_eq!(ended, [(lost.device_id, SessionState::DeviceRevoked)]);
        let login = Login { device_id: Some(lost.device_id), ..login(BEN, PASSWORD) };
        let next = office.accounts.sign_in(&login, HERE).await.unwrap();
        assert_ne!(next.device_id, lost.device_id);
        is_revoked(office.refresh(&lost).await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn who_signs_out_is_not_told_to_wipe_and_comes_back_on_the_same_device() {
    for office in offices().await {
        let (here, there) = (office.sign_in(BEN).await, office.sign_in(BEN).await);
        let signed = office.signed(&here).await;
        let ticket = office.accounts.ticket(signed).await.unwrap();
        office.accounts.sign_out(signed).await.unwrap();
        is_over(office.accounts.authenticate(&here.access_token).await);
        is_over(office.refresh(&here).await);
        is_over(office.accounts.redeem(ticket.expose()).await);
        let ended = office.ended.0.lock().unwrap().clone();
        assert_eq!(ended, [(here.device_id, SessionState::SignInAgain)]);
        let by = office.signed(&there).await;
        assert_eq!(office.accounts.devices(by).await.unwrap().len(), 1);
        let again = Login { device_id: Some(here.device_id), ..login(BEN, PASSWORD) };
        let again = office.accounts.sign_in(&again, HERE).await.unwrap();
        assert_eq!(again.device_id, here.device_id);
        office.database.close().await;
    }
}

#[tokio::test]
async fn agents_revoke_their_own_devices_and_admins_any_of_their_workspace() {
    for office in offices().await {
        let (ben, ana) = (office.sign_in(BEN).await, office.sign_in(ANA).await);
        let (by_ben, by_ana) = (office.signed(&ben).await, office.signed(&ana).await);
        let answer = office.accounts.revoke(&office.engine, by_ben, ana.device_id).await;
        assert!(matches!(answer, Err(AccountError::NotFound { .. })), "{answer:?}");
        let stranger = Speaker { workspace: WorkspaceId(uuid::Uuid::from_u128(1)), ..by_ana };
        let answer = office.accounts.revoke(&office.engine, stranger, ben.device_id).await;
        assert!(matches!(answer, Err(AccountError::NotFound { .. })), "{answer:?}");
        office.accounts.revoke(&office.engine, by_ana, ben.device_id).await.unwrap();
        is_revoked(office.accounts.authenticate(&ben.access_token).await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_without_wiping_them() {
    for office in offices().await {
        // One that is over already does not end once more.
        let gone = office.sign_in(BEN).await;
        office.refresh(&gone).await.unwrap();
        office.clock.advance_ms(30 * 24 * 60 * MINUTE_MS);
        let (here, there) = (office.sign_in(BEN).await, office.sign_in(BEN).await);
        let signed = office.signed(&here).await;
        let (old, next) = (Secret::new(PASSWORD), Secret::new("battery staple"));
        let wrong = office.accounts.change_password(&office.engine, signed, &next, &next).await;
        assert!(matches!(wrong, Err(AccountError::WrongCredentials)), "{wrong:?}");
        let short = office
            .accounts
            .change_password(&office.engine, signed, &old, &Secret::new("short"))
            .await;
        assert!(matches!(short, Err(AccountError::Invalid { .. })), "{short:?}");
        office.accounts.change_password(&office.engine, signed, &old, &next).await.unwrap();
        office.signed(&here).await;
        is_over(office.accounts.authenticate(&there.access_token).await);
        is_over(office.refresh(&there).await);
        assert!(office.try_sign_in(BEN, PASSWORD).await.is_err());
        office.try_sign_in(BEN, "battery staple").await.unwrap();
        let ended = office.ended.0.lock().unwrap().clone();
        assert_eq!(ended, [(there.device_id, SessionState::SignInAgain)]);
        office.database.close().await;
    }
}

#[tokio::test]
async fn who_leaves_is_signed_out_wiped_and_kept_out() {
    use baton_protocol::AgentState;
    use baton_protocol::settings::AgentChange;
    for office in offices().await {
        let session = office.sign_in(BEN).await;
        let setter = Setter { workspace: office.workspace, by: None };
        let change = AgentChange { state: Some(AgentState::Leaving), ..AgentChange::default() };
        let plan = office.accounts.plan_agent_change(setter, session.agent_id, &change);
        office.write(plan.await.unwrap()).await.unwrap();
        is_revoked(office.accounts.authenticate(&session.access_token).await);
        let answer = office.try_sign_in(BEN, PASSWORD).await;
        assert!(matches!(answer, Err(AccountError::WrongCredentials)), "{answer:?}");
        office.write(office.accounts.plan_left(setter, session.agent_id)).await.unwrap();
        let admin = office.sign_in(ANA).await.agent_id;
        let last = office.accounts.plan_agent_change(setter, admin, &change).await;
        assert!(matches!(last, Err(AccountError::NotAllowed { .. })), "{last:?}");
        office.database.close().await;
    }
}

#[tokio::test]
async fn of_two_admins_who_leave_at_once_the_second_is_kept() {
    use baton_protocol::AgentState;
    use baton_protocol::settings::AgentChange;
    for office in offices().await {
        let setter = Setter { workspace: office.workspace, by: None };
        let (ana, ben) = (office.sign_in(ANA).await.agent_id, office.sign_in(BEN).await.agent_id);
        let plan = async |agent, change: &AgentChange| {
            office.accounts.plan_agent_change(setter, agent, change).await.unwrap()
        };
        let role = |role| AgentChange { role: Some(role), ..AgentChange::default() };
        office.write(plan(ben, &role(Role::Admin)).await).await.unwrap();
        let leaving = AgentChange { state: Some(AgentState::Leaving), ..AgentChange::default() };
        let (first, second) = (plan(ben, &leaving).await, plan(ana, &leaving).await);
        let lower = plan(ana, &role(Role::Agent)).await;
        office.write(first).await.unwrap();
        for late in [second, lower] {
            let refused = office.write(late).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        }
        let ana = office.sign_in(ANA).await;
        assert_eq!(office.signed(&ana).await.role, Role::Admin);
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_ticket_of_an_ended_session_opens_no_socket() {
    for office in offices().await {
        let session = office.sign_in(BEN).await;
        let signed = office.signed(&session).await;
        let ticket = office.accounts.ticket(signed).await.unwrap();
        assert_eq!(office.accounts.redeem(ticket.expose()).await.unwrap(), signed);
        is_over(office.accounts.redeem(ticket.expose()).await);
        let ticket = office.accounts.ticket(signed).await.unwrap();
        office.accounts.revoke(&office.engine, signed, signed.device).await.unwrap();
        is_revoked(office.accounts.redeem(ticket.expose()).await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn the_first_start_makes_one_admin_and_no_other_does() {
    for database in testing::databases().await {
        let clock = Clock::system();
        let config = SessionsConfig {
            access_minutes: 15,
            refresh_days: 30,
            devices_max: 50,
            sign_ins_max: 1_000,
        };
        let keys = Keys::new([3; 32]);
        let engine = engine(&database, clock.clone());
        let accounts = Accounts::new(database.store.clone(), keys, clock, config, 80);
        let first = accounts.first_admin(&engine).await.unwrap().unwrap();
        assert!(accounts.first_admin(&engine).await.unwrap().is_none());
        let login = Login {
            workspace: first.workspace,
            email: first.email,
            password: first.password.expose().to_owned(),
            device_id: None,
            device_name: None,
        };
        let session = accounts.sign_in(&login, HERE).await.unwrap();
        let signed = accounts.authenticate(&session.access_token).await.unwrap();
        assert_eq!(signed.role, Role::Admin);
        database.close().await;
    }
}

#[tokio::test]
async fn an_app_is_read_once_a_second_and_forgotten_when_it_is_gone() {
    for office in offices().await {
        let (accounts, secret) = (&office.accounts, Secret::new("one"));
        assert!(accounts.meta_app_lately("123").await.unwrap().is_none());
        accounts.add_meta_app("123", &secret, None).await.unwrap();
        let is_known = async || accounts.meta_app_lately("123").await.unwrap().is_some();
        assert!(is_known().await, "that there is none is not kept");
        office.database.tamper("DELETE FROM meta_app").await;
        office.clock.advance_ms(999);
        assert!(is_known().await, "it was read less than a second ago");
        office.clock.advance_ms(1);
        assert!(!is_known().await);
        office.database.close().await;
    }
}

#[tokio::test]
async fn an_app_is_granted_to_a_workspace_once_and_taken_back_once() {
    for office in offices().await {
        let (accounts, here) = (&office.accounts, office.workspace);
        let unknown = accounts.grant_meta_app("123", here).await;
        assert!(matches!(unknown, Err(AccountError::NotFound { what: "meta app" })));
        accounts.add_meta_app("123", &Secret::new("secret"), None).await.unwrap();
        for _ in 0..2 {
            accounts.grant_meta_app("123", here).await.unwrap();
        }
        accounts.revoke_meta_app("123", here).await.unwrap();
        let gone = accounts.revoke_meta_app("123", here).await;
        assert!(matches!(gone, Err(AccountError::NotFound { .. })));
        office.database.close().await;
    }
}

#[tokio::test]
async fn an_apps_next_secret_is_tried_beside_the_present_one() {
    for office in offices().await {
        let put = |secret: &str| Secret::new(secret);
        let accounts = &office.accounts;
        let token = accounts.add_meta_app("123", &put("one"), None).await.unwrap();
        let same = accounts.add_meta_app("123", &put("two"), None).await.unwrap();
        assert_eq!(token, same);
        accounts.add_meta_app("123", &put("two"), Some(&put("verify"))).await.unwrap();
        let app = accounts.meta_app("123").await.unwrap().unwrap();
        let secrets: Vec<_> = app.secrets.iter().map(Secret::expose).collect();
        assert_eq!((secrets, app.verify_token.expose()), (vec!["two", "one"], "verify"));
        assert!(accounts.meta_app_lately("123").await.unwrap().is_some());
        let go = settings::meta_app::OldSecrets::Go;
        accounts.put_meta_app("123", &put("three"), go, None).await.unwrap();
        let app = accounts.meta_app_lately("123").await.unwrap().unwrap();
        let secrets: Vec<_> = app.secrets.iter().map(Secret::expose).collect();
        assert_eq!((secrets, app.verify_token.expose()), (vec!["three"], "verify"));
        assert!(accounts.meta_app("124").await.unwrap().is_none());
        accounts.add_meta_app("456", &put("other"), None).await.unwrap();
        let swap = "UPDATE meta_app SET secrets_sealed =
            (SELECT m.secrets_sealed FROM meta_app m WHERE m.id = '456') WHERE id = '123'";
        office.database.tamper(swap).await;
        assert!(matches!(accounts.meta_app("123").await, Err(AccountError::Secrets(_))));
        office.database.close().await;
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_no_crowd_of_sign_ins() {
    static LOCK: Sql = Sql::new("SELECT workspace FROM log_head WHERE workspace = $1 {lock}");
    for office in offices().await {
        let (store, clock) = (office.database.store.clone(), office.clock.clock());
        let wall = clock.clone();
        let coordinator = InProcess::start(crate::coordinator::Clock {
            monotonic: Arc::new(tokio::time::Instant::now),
            wall: Arc::new(move || wall.now()),
        });
        let limits = Limits { answer_wait: Duration::from_millis(50), ..Limits::default() };
        let (engine, _task) =
            Engine::start(store.clone(), clock, coordinator, Metrics::new(), limits);
        let setter = Setter { workspace: office.workspace, by: None };
        let team = settings::team::usual("Night");
        let (_, work) = office.accounts.plan_team(setter, &team).unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.row::<(String,)>(&LOCK, &[&office.workspace.to_string()]).await.unwrap().unwrap();
        let answer = office.accounts.settle(&engine, work).await;
        assert!(matches!(answer, Err(AccountError::Unanswered)), "{answer:?}");
        tx.rollback().await.unwrap();
        office.database.close().await;
    }
}

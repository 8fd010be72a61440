//! Looks up devices that come in with a token, a group at a time. A group comes in while the one
//! before is looked up. So a crowd that comes back costs a few queries, not a few for each device.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_domain::see::sight::Sight;
use baton_protocol::{AgentId, DeviceId, WorkspaceId};
use tokio::sync::{mpsc, oneshot};

use crate::accounts::{AccountError, Accounts};
use crate::gateway::{Arrived, NotLetIn};
use crate::speaker::Speaker;
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
    let speakers: Vec<_> = match accounts.authenticate_all(&tokens).await {
        Ok(all) => {
            let devices = group.iter().map(|arrival| arrival.device);
            all.into_iter()
                .zip(devices)
                .map(|(signed, device)| on_its_device(signed, device))
                .collect()
        }
        Err(error) => tokens.iter().map(|_| Err(not_let_in(&error))).collect(),
    };
    for (arrival, answer) in group.drain(..).zip(arrived(store, speakers).await) {
        // Who has hung up needs no answer.
        drop(arrival.answer.send(answer));
    }
}

/// What each of them may see, and where their logs stand, in one moment of the store.
pub(super) async fn arrived(
    store: &Store,
    speakers: Vec<Result<Speaker, NotLetIn>>,
) -> Vec<Result<Arrived, NotLetIn>> {
    let known: Vec<_> = speakers.iter().flatten().map(|c| (c.workspace, c.agent)).collect();
    let found = rights(store, &known).await;
    let answer = |speaker: Result<Speaker, NotLetIn>| {
        let speaker = speaker?;
        let Ok((heads, sights)) = &found else { return Err(NotLetIn::Unavailable) };
        let sight = sights.get(&speaker.agent).cloned().ok_or(NotLetIn::SignInAgain)?;
        let head = heads.get(&speaker.workspace).copied().unwrap_or(0);
        Ok(Arrived { speaker, sight, epoch: store.epoch(), head })
    };
    speakers.into_iter().map(answer).collect()
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

/// The speaker; a token is good on its own device alone.
pub(super) fn on_its_device(
    speaker: Result<Speaker, AccountError>,
    device: DeviceId,
) -> Result<Speaker, NotLetIn> {
    let speaker = speaker.map_err(|error| not_let_in(&error))?;
    (speaker.device == device).then_some(speaker).ok_or(NotLetIn::SignInAgain)
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
    use baton_domain::see::rights::Voice;
    use baton_protocol::Role;
    use uuid::Uuid;

    use super::*;
    use crate::speaker::SecretMark;

    #[test]
    fn a_token_is_good_on_its_own_device_alone() {
        let (workspace, agent) = (WorkspaceId(Uuid::nil()), AgentId(Uuid::nil()));
        let (device, other) = (DeviceId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        let (role, voice, secret) = (Role::Agent, Voice::Person, SecretMark::new("a"));
        let speaker = Speaker { workspace, agent, device, role, voice, secret, until: None };
        assert_eq!(on_its_device(Ok(speaker), device), Ok(speaker));
        assert_eq!(on_its_device(Ok(speaker), other), Err(NotLetIn::SignInAgain));
        let revoked = on_its_device(Err(AccountError::DeviceRevoked), device);
        assert_eq!(revoked, Err(NotLetIn::DeviceRevoked));
    }
}

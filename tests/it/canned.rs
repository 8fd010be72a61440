//! Uses of canned replies, and the language of those who are answered.

use baton_protocol::command::{CannedUse, Reply, SetLanguage};
use baton_protocol::heads::PackedHeads;
use baton_protocol::setting::{CannedUses, Setting};
use baton_protocol::{CommandBody, ConversationId, Refusal, SettingId, Spoken};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store};
use serde_json::json;

async fn canned(world: &World, shortcut: &str) -> SettingId {
    let id = SettingId(world.clock.uuid_v7());
    let body = json!({"shortcut": shortcut, "title": shortcut, "text": "Hola"});
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!([{"kind": "canned_reply", "id": id, "put": put}]);
    let admin = world.admin().await;
    let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("one");
    assert_eq!(made.len(), 1);
    id
}

async fn made_of(agent: &Agent, of: ConversationId, canned: CannedUse) -> CommandBody {
    CommandBody::Reply(Reply {
        text: "Hola".to_owned(),
        seen: agent.last_line(of).await,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: Some(canned),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_of_canned_replies_are_counted_and_a_version_that_is_not_there_is_refused() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (used, never) = (canned(world, "used").await, canned(world, "never").await);
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        for _ in 0..2 {
            let body = made_of(&ana, of, CannedUse { id: used, version: 1 }).await;
            ana.does(of, body).await.accepted();
        }
        for (id, version) in [(used, 2), (used, 0), (SettingId(world.clock.uuid_v7()), 1)] {
            let body = made_of(&ana, of, CannedUse { id, version }).await;
            let refused = ana.does(of, body).await.refusal();
            assert!(matches!(&refused, Refusal::Invalid { field, .. } if field == "canned"));
        }
        let mut uses: Vec<CannedUses> = ana.signed.get("/canned-replies/uses").await.expect("uses");
        uses.sort_by_key(|one| one.uses);
        let told: Vec<_> = uses.iter().map(|one| (one.id, one.uses, one.is_used)).collect();
        assert_eq!(told, [(never, 0, false), (used, 2, true)]);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_a_customer_is_heard_told_and_set_by_hand() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        let language = async || ben.view(of).await.conversation.thread.language;
        assert_eq!(language().await, None, "too little to say");
        lucia.sends("¿Me podéis decir cuándo llega el paquete?").await;
        let heard = Spoken { language: "es".to_owned(), by_hand: false };
        assert_eq!(language().await, Some(heard));
        let heads: PackedHeads = ben.signed.get("/heads").await.expect("heads");
        assert_eq!(heads.languages, [("es".to_owned(), vec![0])]);
        let set = |language: Option<&str>| {
            let language = language.map(str::to_owned);
            CommandBody::SetLanguage(SetLanguage { language })
        };
        ana.does(of, set(Some("ca"))).await.accepted();
        lucia.sends("Todavía estoy esperando una respuesta vuestra").await;
        let by_hand = Spoken { language: "ca".to_owned(), by_hand: true };
        assert_eq!(language().await, Some(by_hand));
        ana.does(of, set(None)).await.accepted();
        assert_eq!(language().await, None);
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

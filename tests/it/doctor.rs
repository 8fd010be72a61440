//! The operator's view of the numbers: `baton doctor`, `baton admin channel add` and `connect`.

use anyhow::{Result, ensure};
use baton_simulator::{Config, ConnectionKnobs, Knobs, Number, NumberState, Simulator, TokenState};
use baton_world::process::Installation;
use baton_world::stage;
use serde_json::Value;

fn knobs(connection: ConnectionKnobs) -> Knobs {
    Knobs { connection, ..Knobs::permissive() }
}

async fn set_up(simulator: &Simulator) -> Result<Installation> {
    let mut place = Installation::sqlite()?;
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    place.seed(&stage::seeds(simulator, 1)).await?;
    let app = &simulator.config().meta_app_id;
    simulator.set_webhook_url(format!("https://inbox.acme.example/webhooks/whatsapp/{app}"));
    Ok(place)
}

async fn simulated() -> Result<Simulator> {
    let second = Number { phone_number_id: "206540352242922".to_owned(), ..Number::default() };
    let numbers = vec![Number::default(), second];
    Simulator::start(Config { numbers, knobs: Knobs::permissive(), ..Config::default() }).await
}

async fn fails(place: &Installation, arguments: &[&str]) -> Result<String> {
    match place.run(arguments).await {
        Ok(said) => anyhow::bail!("{arguments:?} went well: {said}"),
        Err(error) => Ok(error.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_is_wrong_and_what_to_do_and_ends_with_1() -> Result<()> {
    let simulator = simulated().await?;
    let mut place = set_up(&simulator).await?;
    let said = place.run(&["doctor"]).await?;
    for line in [
        "ok     configuration: it is valid",
        "ok     database: Sqlite answers",
        "ok     whatsapp/version: Meta answers v26.0 for at least 90 days more",
        "ok     push/fcm: not set up",
        "ok     number/faults/Support: nothing is wrong; something is still to come",
    ] {
        ensure!(said.contains(line), "{line:?} in {said}");
    }
    place.set("BATON_WHATSAPP__GRAPH_VERSION", &"v20.0");
    let said = fails(&place, &["doctor"]).await?;
    ensure!(said.contains("WRONG  whatsapp/version: Meta ended v20.0 on 2026-09-24"), "{said}");
    place.set("BATON_WHATSAPP__GRAPH_VERSION", &"v26.0");
    simulator
        .set_knobs(knobs(ConnectionKnobs { token: TokenState::Expired, ..Default::default() }));
    let said = fails(&place, &["doctor"]).await?;
    ensure!(said.contains("exit status: 1"), "{said}");
    ensure!(said.contains("WRONG  number/faults/Support: token_expired"), "{said}");
    ensure!(said.contains("Make one without an end"), "{said}");
    let said = fails(&place, &["doctor", "--json"]).await?;
    let json = said.lines().find_map(|line| line.find('{').and_then(|at| line.get(at..)));
    let report: Value = serde_json::from_str(json.unwrap_or_default())?;
    let steps =
        &report["findings"].as_array().and_then(|all| all.last()).expect("a number")["steps"];
    ensure!(report["ok"] == false && steps[0]["code"] == "token_expired", "{report}");
    ensure!(!said.contains(&simulator.config().access_token), "the token is a secret");
    simulator.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_a_number_that_can_send_and_is_led_through_the_rest() -> Result<()> {
    let simulator = simulated().await?;
    let place = set_up(&simulator).await?;
    let secrets = tempfile::tempdir()?;
    let token = secrets.path().join("token").display().to_string();
    std::fs::write(&token, "nonsense")?;
    let app = simulator.config().meta_app_id.clone();
    let second = "206540352242922";
    let mut add = vec!["admin", "channel", "add", "--workspace", "faults", "--name", "Second"];
    add.extend(["--meta-app", &app, "--phone-number-id", second, "--display-number", "+1 555"]);
    add.extend(["--access-token-file", &token, "--team", "Desk"]);
    let said = fails(&place, &add).await?;
    ensure!(said.contains("token_wrong") && said.contains("--no-check"), "{said}");
    std::fs::write(&token, &simulator.config().access_token)?;
    let said = place.run(&add).await?;
    ensure!(said.contains("channel \"Second\""), "{said}");
    let connect =
        ["admin", "channel", "connect", "--workspace", "faults", "--phone-number-id", second];
    let said = place.run(&connect).await?;
    ensure!(
        said.contains("receive") && said.contains("Write to the number from a phone."),
        "{said}"
    );
    let declined = NumberState { name_status: "DECLINED".to_owned(), ..NumberState::default() };
    simulator.set_number_state(second, declined);
    let said = fails(&place, &connect).await?;
    ensure!(said.contains("name_declined") && said.contains("Choose another one"), "{said}");
    let list = place.run(&["admin", "channel", "list", "--workspace", "faults"]).await?;
    ensure!(list.contains("attention: name_declined"), "{list}");
    simulator.stop().await;
    Ok(())
}

//! Where Redis can be: behind TLS with a user, behind sentinels, in a cluster.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::testing::{Server, TIMINGS, config, free_port, until};
use super::*;
use crate::coordinator::{CoordinatorState, contract};

/// Runs openssl there; false when there is none.
fn openssl(directory: &Path, arguments: &str) -> bool {
    let mut command = Command::new("openssl");
    command.current_dir(directory).args(arguments.split(' '));
    match command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) => {
            assert!(status.success(), "openssl {arguments}");
            true
        }
        Err(_) => false,
    }
}

/// A certificate for 127.0.0.1, signed by an authority of its own.
fn certificates(directory: &Path) -> bool {
    std::fs::write(directory.join("san"), "subjectAltName=IP:127.0.0.1").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(directory, &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca"))
        && openssl(directory, &format!("req {key} -keyout s.key -out s.csr -subj /CN=redis"))
        && openssl(
            directory,
            "x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out s.pem -days 2 \
             -extfile san",
        )
}

/// The rule that is shipped.
fn rights() -> &'static str {
    let file = include_str!("../../../../../deploy/redis.acl");
    file.lines().find(|line| !line.starts_with('#')).expect("a rule")
}

/// Makes a user with that rule; its mistakes are noted by the server.
fn limit(server: &Server) {
    let made = server.say(&format!("ACL SETUSER baton on >secret {}", rights()));
    assert!(made.starts_with("+OK"), "{made}");
}

fn as_user(server: &Server) -> String {
    server.url().replace("redis://", "redis://baton:secret@")
}

#[tokio::test]
async fn the_rule_that_is_shipped_allows_all_that_is_done() {
    let server = Server::start();
    limit(&server);
    let stage = async |_rule: &str| {
        assert!(server.say("FLUSHALL").starts_with("+OK"));
        let nodes = Nodes::at(&config(&as_user(&server), &[]), 2, TIMINGS).await;
        nodes.are_up(true).await;
        nodes
    };
    contract::one_by_one!(stage);
    assert_eq!(server.say("ACL LOG").trim(), "*0", "something was refused");
}

#[tokio::test]
async fn the_rule_that_is_shipped_is_enough_on_a_cluster() {
    let servers = cluster().await;
    servers.iter().for_each(limit);
    let at = config(&as_user(&servers[0]), &[("redis.mode", "cluster")]);
    let nodes = Nodes::at(&at, 2, TIMINGS).await;
    nodes.are_up(true).await;
    contract::a_lease_is_held_by_one_device_and_announced_once(&nodes).await;
    contract::an_agent_is_online_from_the_first_connection_until_after_the_last(&nodes).await;
    contract::a_draft_is_relayed(&nodes).await;
    let nodes = Nodes::at(&at, 2, TIMINGS).await;
    nodes.are_up(true).await;
    contract::who_has_a_socket_is_known_once_all_had_the_time_to_connect_again(&nodes).await;
    for server in &servers {
        assert_eq!(server.say("ACL LOG").trim(), "*0", "something was refused");
    }
}

#[tokio::test]
async fn a_user_with_few_rights_behind_tls_is_enough() {
    let directory = tempfile::tempdir().unwrap();
    if !certificates(directory.path()) {
        eprintln!("SKIPPED: there is no openssl to make a certificate with");
        return;
    }
    let port = free_port();
    let file = |name: &str| directory.path().join(name).display().to_string();
    let mut arguments: Vec<String> = format!(
        "--port 0 --tls-port {port} --tls-auth-clients no --tls-cert-file {} --tls-key-file {} \
         --tls-ca-cert-file {} --appendonly no --user default off --user baton on >secret \
         {} --save",
        file("s.pem"),
        file("s.key"),
        file("ca.pem"),
        rights(),
    )
    .split(' ')
    .map(str::to_owned)
    .collect();
    arguments.push(String::new());
    let mut server = Server::of(port, arguments);
    server.run();
    let ca = file("ca.pem");
    let to = |who: &str| format!("rediss://{who}@127.0.0.1:{port}");
    let at = config(&to("baton:secret"), &[("redis.ca_file", &ca)]);
    let nodes = Nodes::at(&at, 2, TIMINGS).await;
    nodes.are_up(true).await;
    contract::a_lease_is_held_by_one_device_and_announced_once(&nodes).await;
    contract::an_agent_is_online_from_the_first_connection_until_after_the_last(&nodes).await;
    contract::a_draft_is_relayed(&nodes).await;
    for wrong in [
        config(&to("baton:wrong"), &[("redis.ca_file", &ca)]),
        // Signed by nobody whom the world trusts.
        config(&to("baton:secret"), &[]),
        config(&format!("redis://baton:secret@127.0.0.1:{port}"), &[]),
    ] {
        let nodes = Nodes::at(&wrong, 1, TIMINGS).await;
        assert!(matches!(nodes.all[0].redis.state(), CoordinatorState::Away { .. }));
        granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    }
}

#[tokio::test]
async fn after_a_failover_the_sentinels_name_the_next_master() {
    let mut master = Server::start();
    let of = ["--replicaof", "127.0.0.1", &master.port.to_string()].map(str::to_owned);
    let replica = Server::with(&of.each_ref().map(String::as_str));
    until(|| replica.say("INFO replication").contains("master_link_status:up")).await;
    let port = free_port();
    let mut sentinel = Server::of(port, vec!["s.conf".to_owned(), "--sentinel".to_owned()]);
    let text = format!(
        "port {port}\nsentinel monitor desk 127.0.0.1 {} 1\n\
         sentinel down-after-milliseconds desk 300\nsentinel failover-timeout desk 3000\n",
        master.port
    );
    std::fs::write(sentinel.directory.path().join("s.conf"), text).unwrap();
    sentinel.run();
    until(|| sentinel.say("SENTINEL replicas desk").contains(&replica.port.to_string())).await;
    // One of the sentinels is not there.
    let url = format!("redis://127.0.0.1:1,redis://127.0.0.1:{port}");
    let more = [("redis.mode", "sentinel"), ("redis.sentinel_master", "desk")];
    let nodes = Nodes::at(&config(&url, &more), 2, TIMINGS).await;
    nodes.are_up(true).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    let token = granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    bus_works(&nodes, &mut bus).await;

    master.kill();
    nodes.are_up(false).await;
    assert_eq!(granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Keep)).await, token);
    until(|| replica.say("ROLE").contains("master")).await;
    nodes.are_up(true).await;
    let (agent, after) = holder(&*nodes.other()).await.unwrap();
    assert!(agent == ANA && after >= token);
    bus_works(&nodes, &mut bus).await;
}

/// Three masters that share the slots.
async fn cluster() -> Vec<Server> {
    let servers: Vec<Server> = (0..3)
        .map(|_| {
            let bus = free_port().to_string();
            Server::with(&["--cluster-enabled", "yes", "--cluster-port", &bus])
        })
        .collect();
    for (server, slots) in servers.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
        assert!(server.say(&format!("CLUSTER ADDSLOTSRANGE {slots}")).starts_with("+OK"));
    }
    for other in &servers[1..] {
        let bus = other.say("CONFIG GET cluster-port");
        let bus = bus.split_whitespace().last().unwrap();
        let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port);
        assert!(servers[0].say(&meet).starts_with("+OK"), "{meet}");
    }
    until(|| {
        servers.iter().all(|server| {
            let info = server.say("CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        })
    })
    .await;
    servers
}

#[tokio::test]
async fn the_contract_holds_on_a_cluster() {
    let servers = cluster().await;
    // Two of the three are named; the third is found.
    let url = servers[..2].iter().map(Server::url).collect::<Vec<_>>().join(",");
    let mut count = 0;
    let mut stage = async |_rule: &str| {
        count += 1;
        let prefix = format!("rule{count}");
        let at = config(&url, &[("redis.mode", "cluster"), ("redis.prefix", &prefix)]);
        let nodes = Nodes::at(&at, 2, TIMINGS).await;
        nodes.are_up(true).await;
        nodes
    };
    contract::one_by_one!(stage);
    let held: usize = servers.iter().filter(|one| one.say("DBSIZE").trim() != ":0").count();
    assert!(held >= 2, "the keys are spread over the servers");
}

#[tokio::test]
async fn a_server_of_a_cluster_that_dies_costs_a_while() {
    let mut servers = cluster().await;
    let url = servers.iter().map(Server::url).collect::<Vec<_>>().join(",");
    let at = config(&url, &[("redis.mode", "cluster")]);
    let nodes = Nodes::at(&at, 2, TIMINGS).await;
    nodes.are_up(true).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    for server in &mut servers {
        server.kill();
        granted(&*nodes.coordinator(), wish(ANA, ComposeAction::TakeOver)).await;
        nodes.coordinator().publish(batch(1)).await.unwrap();
        server.run();
        nodes.are_up(true).await;
        bus_works(&nodes, &mut bus).await;
    }
}

//! What other programs need to know of a running demo: one line of JSON.

use serde::{Deserialize, Serialize};

use super::seed::Login;

/// What other programs need to know of a running demo.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Where Baton is.
    pub server_url: String,
    /// Where each of its nodes is, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Where the simulated WhatsApp is; its `/control/…` drives customers.
    pub simulator_url: String,
    /// How everybody signs in.
    pub logins: Vec<Login>,
    /// The app at (simulated) Meta.
    pub meta_app_id: String,
    /// What it signs webhooks with.
    pub app_secret: String,
    /// What it repeats to verify the address.
    pub verify_token: String,
    /// The number.
    pub phone_number_id: String,
}

impl Facts {
    /// What a person can try, as text.
    pub fn guide(&self) -> String {
        let server = &self.server_url;
        let mut text = format!("Baton is ready at {server}\n");
        for node in self.nodes.iter().filter(|node| *node != server) {
            text.push_str(&format!("           and at {node}\n"));
        }
        let simulator = &self.simulator_url;
        text.push_str(&format!("Play its customers at {simulator}\n"));
        text.push_str("\nLogins (workspace, e-mail, password):\n");
        for login in &self.logins {
            let role = login.role.name();
            let (workspace, email, password) = (&login.workspace, &login.email, &login.password);
            text.push_str(&format!("  {role:<10} {workspace}  {email}  {password}\n"));
        }
        text.push_str(&format!(
            "\nTry:\n{}{}\nPress Ctrl-C to stop.\n",
            self.commands(),
            self.socket_command()
        ));
        text
    }

    /// What can be tried with `curl`: a script for any shell.
    pub fn commands(&self) -> String {
        let Self { server_url: server, simulator_url: simulator, .. } = self;
        let agent = self.logins.iter().find(|login| login.role == baton_protocol::Role::Agent);
        let Some(agent) = agent.or(self.logins.first()) else { return String::new() };
        let login = format!(
            r#"{{"workspace":"{}","email":"{}","password":"{}"}}"#,
            agent.workspace, agent.email, agent.password
        );
        format!(
            r#"  # sign in
  LOGIN=$(curl -s {server}/api/v1/sessions -H 'content-type: application/json' \
    -d '{login}')
  TOKEN=$(echo "$LOGIN" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  DEVICE=$(echo "$LOGIN" | sed 's/.*"device_id":"\([^"]*\)".*/\1/')
  # a customer writes
  curl -s {simulator}/control/messages -H 'content-type: application/json' \
    -d '{{"from":{{"wa_id":"34600111222","name":"Marta"}},"text":"Hola"}}'
  # the inbox
  curl -s {server}/api/v1/conversations -H "authorization: Bearer $TOKEN"
  # claim what nobody owns; a command's id is a UUIDv7, which begins with the time
  CONVERSATION=$(curl -s "{server}/api/v1/conversations?owner=nobody&status=open&limit=1" \
    -H "authorization: Bearer $TOKEN" | sed 's/.*"head":{{"id":"\([^"]*\)".*/\1/')
  OP=$(printf '%012x' "$(date +%s)000" | sed 's/^.\{{8\}}/&-/')-7000-8000-000000000001
  curl -s {server}/api/v1/commands -H "authorization: Bearer $TOKEN" \
    -H 'content-type: application/json' -d '[{{"type":"claim","expect_owner_epoch":1,
      "op_id":"'"$OP"'","conversation_id":"'"$CONVERSATION"'"}}]'
  # what reached customers
  curl -s {simulator}/control/reached
"#
        )
    }

    /// The socket: a client of it that says hello by itself and then shows what comes.
    fn socket_command(&self) -> String {
        let socket = self.server_url.replacen("http", "ws", 1);
        format!(
            r#"  # the socket, with Node.js: says hello, then shows what comes
  npx -y wscat -s baton.v1 -c {socket}/api/v1/socket -w -1 \
    -x '{{"type":"hello","token":"'"$TOKEN"'","device_id":"'"$DEVICE"'"}}'
"#
        )
    }
}

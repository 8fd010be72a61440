//! What other programs need to know of a running demo: one line of JSON.

use serde::{Deserialize, Serialize};

use super::seed::Login;

/// See the head of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Where Baton is.
    pub server_url: String,
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
        let Self { server_url: server, simulator_url: simulator, .. } = self;
        let mut text =
            format!("Baton is ready at {server}\n\nLogins (workspace, e-mail, password):\n");
        for login in &self.logins {
            let role = login.role.name();
            let (workspace, email, password) = (&login.workspace, &login.email, &login.password);
            text.push_str(&format!("  {role:<10} {workspace}  {email}  {password}\n"));
        }
        let agent = self.logins.iter().find(|login| login.role == baton_protocol::Role::Agent);
        let Some(agent) = agent.or(self.logins.first()) else { return text };
        let login = format!(
            r#"{{"workspace":"{}","email":"{}","password":"{}"}}"#,
            agent.workspace, agent.email, agent.password
        );
        text.push_str(&format!(
            "\nTry:\n  \
             # sign in and keep the token\n  \
             TOKEN=$(curl -s {server}/api/v1/sessions -H 'content-type: application/json' \\\n    \
               -d '{login}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n  \
             # the inbox\n  \
             curl -s {server}/api/v1/conversations -H \"authorization: Bearer $TOKEN\"\n  \
             # a customer writes\n  \
             curl -s {simulator}/control/messages -H 'content-type: application/json' \\\n    \
               -d '{{\"from\":{{\"wa_id\":\"34600111222\",\"name\":\"Marta\"}},\
             \"text\":\"Hola\"}}'\n  \
             # what reached customers\n  \
             curl -s {simulator}/control/reached\n  \
             # the socket (npm i -g wscat): say hello, then watch\n  \
             wscat -s baton.v1 -c {}/api/v1/socket\n  \
             > {{\"type\":\"hello\",\"token\":\"$TOKEN\",\"device_id\":\"<from the login>\"}}\n\n\
             Press Ctrl-C to stop.\n",
            server.replacen("http", "ws", 1),
        ));
        text
    }
}

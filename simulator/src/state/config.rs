//! The configuration of a simulator.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::state::knobs::Knobs;

/// The configuration of a simulator. [`Config::default`] is one number on a free loopback port.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Decides every random choice.
    pub seed: u64,
    /// The id of the Meta app whose webhooks these are.
    pub meta_app_id: String,
    /// Signs webhooks.
    pub app_secret: String,
    /// Told to the webhook when it is verified.
    pub verify_token: String,
    /// The bearer that sends must carry.
    pub access_token: String,
    /// Where webhooks go. Until it is known they wait.
    pub webhook_url: Option<String>,
    /// The business's phone numbers; the first is the one customers write to by default.
    pub numbers: Vec<Number>,
    /// The knobs at the start.
    pub knobs: Knobs,
    /// The beginning of the address of the page and of `/control`. Where it is set, nobody without
    /// it plays customers, and neither does a page of another name. Letters, digits, `-` and `_`.
    pub secret: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            meta_app_id: "670000000000001".to_owned(),
            app_secret: "simulator-app-secret".to_owned(),
            verify_token: "simulator-verify-token".to_owned(),
            access_token: "simulator-access-token".to_owned(),
            webhook_url: None,
            numbers: vec![Number::default()],
            knobs: Knobs::default(),
            secret: None,
        }
    }
}

/// A business phone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// Its id in URLs and webhooks.
    pub phone_number_id: String,
    /// The number as customers see it, digits only.
    pub display_phone_number: String,
    /// The WhatsApp business account it belongs to.
    pub waba_id: String,
}

impl Default for Number {
    fn default() -> Self {
        Self {
            phone_number_id: "106540352242922".to_owned(),
            display_phone_number: "15550783881".to_owned(),
            waba_id: "102290129340398".to_owned(),
        }
    }
}

/// Where somebody of the team works, for the page to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Desk {
    /// The name.
    pub name: String,
    /// The role, in a word.
    pub role: String,
    /// Where their desk opens; none where this browser cannot hold one more session.
    pub url: Option<String>,
    /// The sign-in: workspace, e-mail, password.
    pub login: [String; 3],
}

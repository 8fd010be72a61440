//! Addresses that devices name, of services that a push is posted to: which of them are asked.

use reqwest::Url;

use super::http::{is_fit, is_on};
use crate::config::PushConfig;

/// The last parts of names that are no public ones.
const INNER: [&str; 11] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "invalid",
];

/// Which endpoints of devices are asked.
#[derive(Clone, Default, Debug)]
pub struct EndpointRules {
    allows_private: bool,
    hosts: Vec<String>,
}

impl EndpointRules {
    /// As configured.
    pub fn of(config: &PushConfig) -> Self {
        let hosts = config.endpoint_hosts.clone();
        Self { allows_private: config.allow_private_endpoints, hosts }
    }

    /// Why an endpoint is not taken; `None` for what is no address, which has errors of its own.
    /// What a name leads to is looked at when it is asked.
    pub fn problem(&self, endpoint: &str) -> Option<&'static str> {
        let url = Url::parse(endpoint).ok()?;
        if !is_fit(&url, self.allows_private) || (!self.allows_private && is_inner(&url)) {
            return Some("must be an https address of the open Internet");
        }
        (!is_on(&url, &self.hosts)).then_some("is on a host that this server does not send to")
    }

    /// Why an address that a team names is not posted to. Hosts are not restricted there.
    pub fn outward_problem(&self, url: &str) -> Option<&'static str> {
        let anywhere = Self { allows_private: self.allows_private, hosts: Vec::new() };
        match Url::parse(url) {
            Ok(_) => anywhere.problem(url),
            Err(_) => Some("must be an https address of the open Internet"),
        }
    }

    /// Whether plain http and private networks are asked.
    pub(super) fn allows_private(&self) -> bool {
        self.allows_private
    }

    /// Whether pushes are sent to the host of this address.
    pub(super) fn allows_host(&self, url: &Url) -> bool {
        is_on(url, &self.hosts)
    }
}

/// Whether a name is one of a network of its own: without a dot, or below a name that nobody can
/// register.
fn is_inner(url: &Url) -> bool {
    let Some(name) = url.domain() else { return false };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let (_, last) = name.rsplit_once('.').unwrap_or(("", "localhost"));
    INNER.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::EndpointRules;

    #[track_caller]
    fn check(rules: &EndpointRules, endpoint: &str, is_taken: bool) {
        assert_eq!(rules.problem(endpoint).is_none(), is_taken, "{endpoint}");
    }

    #[test]
    fn an_endpoint_on_a_private_network_is_not_taken_unless_that_is_allowed() {
        let usual = EndpointRules::default();
        let allowing = EndpointRules { allows_private: true, ..EndpointRules::default() };
        for private in [
            "https://127.0.0.1/push",
            "https://127.1/push",
            "https://0x7f000001/push",
            "https://10.0.0.1/push",
            "https://172.16.0.1:8443/push",
            "https://192.168.1.1/push",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/push",
            "https://[::1]/push",
            "https://[fe80::1]/push",
            "https://[fd00::1]/push",
            "https://[::ffff:10.0.0.1]/push",
            "https://localhost/push",
            "https://LOCALHOST./push",
            "https://ntfy/push",
            "https://ntfy.localhost/push",
            "https://ntfy.local/push",
            "https://metadata.google.internal/push",
            "https://ntfy.lan/push",
            "https://box.home.arpa/push",
            "http://push.example/push",
            "https://[2001:0:7f00:1::]/push",
            "https://[3fff::1]/push",
            "https://192.88.99.1/push",
            "https://:pw@push.example/push",
            "https://ana@push.example/push",
            "https://push.example:22/push",
            "https://push.example:25/push",
        ] {
            check(&usual, private, false);
            check(&allowing, private, true);
        }
        for public in
            ["https://push.example/1", "https://1.2.3.4/1", "https://a.internal.example:8443/1"]
        {
            check(&usual, public, true);
        }
    }

    #[test]
    fn where_hosts_are_named_an_endpoint_is_on_one_of_them() {
        let hosts = vec!["*.push.example".to_owned()];
        let named = EndpointRules { hosts, ..EndpointRules::default() };
        check(&named, "https://a.push.example/1", true);
        check(&named, "https://push.example/1", false);
        check(&named, "https://evil.example/1", false);
    }
}

//! The words of a push about a number at Meta, in the language of the device.

use baton_protocol::connection::{ChannelHealth, HealthState};

use super::language;

/// The sentences of a language.
struct Said {
    stopped: &'static str,
    attention: &'static str,
    works: &'static str,
    news: &'static str,
    look: &'static str,
}

const EN: Said = Said {
    stopped: "This number sends nothing at present. What you write waits.",
    attention: "This number needs you.",
    works: "This number sends again.",
    news: "Meta changed something of this number.",
    look: "Settings, Numbers says what to do.",
};

const ES: Said = Said {
    stopped: "Este número no envía nada por ahora. Lo que escribes espera.",
    attention: "Este número te necesita.",
    works: "Este número vuelve a enviar.",
    news: "Meta cambió algo de este número.",
    look: "Ajustes, Números dice qué hacer.",
};

const PT: Said = Said {
    stopped: "Este número não envia nada no momento. O que você escreve espera.",
    attention: "Este número precisa de você.",
    works: "Este número voltou a enviar.",
    news: "A Meta mudou algo deste número.",
    look: "Configurações, Números diz o que fazer.",
};

const AR: Said = Said {
    stopped: "هذا الرقم لا يرسل شيئًا حاليًا. ما تكتبه ينتظر.",
    attention: "هذا الرقم يحتاج إليك.",
    works: "عاد هذا الرقم إلى الإرسال.",
    news: "غيّرت Meta شيئًا في هذا الرقم.",
    look: "تجد ما يجب فعله في الإعدادات، الأرقام.",
};

/// Says how a number stands and what to do, in the language of a BCP 47 tag; in English without.
pub fn sentence(locale: Option<&str>, health: &ChannelHealth) -> String {
    let said = match language(locale).as_str() {
        "es" => &ES,
        "pt" => &PT,
        "ar" => &AR,
        _ => &EN,
    };
    let (what, has_remedy) = match health.state {
        HealthState::Stopped => (said.stopped, true),
        HealthState::Attention => (said.attention, true),
        HealthState::Works if health.news.is_empty() => (said.works, false),
        HealthState::Works => (said.news, true),
    };
    if has_remedy { format!("{what} {}", said.look) } else { what.to_owned() }
}

#[cfg(test)]
mod tests {
    use baton_protocol::Timestamp;
    use baton_protocol::connection::AtMeta;

    use super::*;

    #[test]
    fn it_is_said_in_the_language_of_the_device_and_names_the_remedy() {
        let health = |state| ChannelHealth {
            state,
            since: Timestamp::from_ms(0),
            faults: Vec::new(),
            news: Vec::new(),
            at_meta: AtMeta::default(),
        };
        let stopped = health(HealthState::Stopped);
        for (locale, said) in [
            (None, &EN),
            (Some("de-DE"), &EN),
            (Some("es-MX"), &ES),
            (Some("pt_BR"), &PT),
            (Some("AR"), &AR),
        ] {
            let text = sentence(locale, &stopped);
            assert!(text.starts_with(said.stopped) && text.ends_with(said.look), "{text}");
        }
        assert_eq!(sentence(None, &health(HealthState::Works)), EN.works);
    }
}

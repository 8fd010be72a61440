//! The words of a push that sums up quiet hours, in the language of the device.

use super::language;

/// The title: the quiet hours are over.
pub fn title(locale: Option<&str>) -> String {
    let title = match language(locale).as_str() {
        "es" => "Se acabaron las horas de silencio",
        "pt" => "As horas de silêncio acabaram",
        "ar" => "انتهت ساعات الهدوء",
        _ => "Quiet hours are over",
    };
    title.to_owned()
}

/// Says how many conversations wait.
pub fn sentence(locale: Option<&str>, count: u32) -> String {
    match (language(locale).as_str(), count) {
        ("es", 1) => "1 conversación espera.".to_owned(),
        ("es", _) => format!("{count} conversaciones esperan."),
        ("pt", 1) => "1 conversa espera.".to_owned(),
        ("pt", _) => format!("{count} conversas esperam."),
        ("ar", _) => format!("محادثات تنتظر: {count}"),
        (_, 1) => "1 conversation waits.".to_owned(),
        (_, _) => format!("{count} conversations wait."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_in_the_language_of_the_device() {
        assert_eq!(title(Some("es-MX")), "Se acabaron las horas de silencio");
        for (locale, one, more) in [
            (None, "1 conversation waits.", "2 conversations wait."),
            (Some("xx"), "1 conversation waits.", "2 conversations wait."),
            (Some("ES_es"), "1 conversación espera.", "2 conversaciones esperan."),
            (Some("pt-BR"), "1 conversa espera.", "2 conversas esperam."),
            (Some("ar"), "محادثات تنتظر: 1", "محادثات تنتظر: 2"),
        ] {
            assert_eq!([sentence(locale, 1), sentence(locale, 2)], [one, more], "{locale:?}");
        }
    }
}

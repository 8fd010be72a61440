//! The words of a push that sums up quiet hours, in the language of the device.

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

/// The language of a BCP 47 tag.
fn language(locale: Option<&str>) -> String {
    let language = locale.and_then(|tag| tag.split(['-', '_']).next());
    language.unwrap_or_default().to_ascii_lowercase()
}

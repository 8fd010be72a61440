//! Why Baton calls somebody by itself, as a push says it, in the language of its device.

use baton_protocol::Promised;
use baton_protocol::notice::NoticeReason;

use crate::push::language;

/// The sentence of a reason; `None` for one that this version does not know.
pub(super) fn sentence(reason: &NoticeReason, locale: Option<&str>) -> Option<String> {
    let words = words(locale);
    let of = |three: [&str; 3], answer: &Promised| match answer {
        Promised::First => three[0].to_owned(),
        Promised::Next => three[1].to_owned(),
        Promised::Resolution => three[2].to_owned(),
    };
    Some(match reason {
        NoticeReason::PromiseEnds { answer } => of(words.ends, answer),
        NoticeReason::PromiseBroken { answer } => of(words.broken, answer),
        NoticeReason::Rule { name } if name.is_empty() => words.idle.to_owned(),
        NoticeReason::Rule { name } => format!("{}: {name}", words.rule),
        NoticeReason::NobodyThere {} => words.nobody.to_owned(),
        NoticeReason::OwnerAway {} => words.away.to_owned(),
        NoticeReason::Urgent {} => words.urgent.to_owned(),
        NoticeReason::Unknown => return None,
    })
}

/// The sentences of a language. Promises are of the first answer, a further one, and the end.
struct Sentences {
    ends: [&'static str; 3],
    broken: [&'static str; 3],
    rule: &'static str,
    idle: &'static str,
    nobody: &'static str,
    away: &'static str,
    urgent: &'static str,
}

const EN: Sentences = Sentences {
    ends: [
        "The time for the first answer is about to end",
        "The time to answer again is about to end",
        "The time to solve it is about to end",
    ],
    broken: [
        "Waits for a first answer longer than promised",
        "Waits for an answer longer than promised",
        "It takes longer than promised to solve it",
    ],
    rule: "Rule",
    idle: "Nothing has happened for long",
    nobody: "Nobody could be asked to take it",
    away: "The owner is not there, and the customer waits",
    urgent: "It is urgent",
};

const ES: Sentences = Sentences {
    ends: [
        "Se acaba el plazo de la primera respuesta",
        "Se acaba el plazo para volver a responder",
        "Se acaba el plazo para resolverlo",
    ],
    broken: [
        "Espera la primera respuesta más de lo prometido",
        "Espera respuesta más de lo prometido",
        "Resolverlo tarda más de lo prometido",
    ],
    rule: "Regla",
    idle: "Hace mucho que no pasa nada",
    nobody: "No había a quién pedirle que la atienda",
    away: "Quien la lleva no está, y el cliente espera",
    urgent: "Es urgente",
};

const PT: Sentences = Sentences {
    ends: [
        "O prazo da primeira resposta está acabando",
        "O prazo para responder de novo está acabando",
        "O prazo para resolver está acabando",
    ],
    broken: [
        "Espera a primeira resposta há mais do que o prometido",
        "Espera resposta há mais do que o prometido",
        "Resolver demora mais do que o prometido",
    ],
    rule: "Regra",
    idle: "Nada acontece há muito tempo",
    nobody: "Não havia a quem pedir que atenda",
    away: "O responsável não está, e o cliente espera",
    urgent: "É urgente",
};

const AR: Sentences = Sentences {
    ends: [
        "أوشكت مهلة أول رد أن تنتهي",
        "أوشكت مهلة الرد مجددًا أن تنتهي",
        "أوشكت مهلة الحل أن تنتهي",
    ],
    broken: [
        "ينتظر أول رد أطول مما وُعد به",
        "ينتظر الرد أطول مما وُعد به",
        "استغرق الحل أطول مما وُعد به",
    ],
    rule: "قاعدة",
    idle: "لم يحدث شيء منذ مدة طويلة",
    nobody: "لم يوجد من يُطلب منه تولّيها",
    away: "المسؤول غير موجود والعميل ينتظر",
    urgent: "الأمر عاجل",
};

fn words(locale: Option<&str>) -> &'static Sentences {
    match language(locale).as_str() {
        "es" => &ES,
        "pt" => &PT,
        "ar" => &AR,
        _ => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_says_why_it_calls_in_the_language_of_its_device() {
        let broken = NoticeReason::PromiseBroken { answer: Promised::Next };
        let all = [None, Some("es-MX"), Some("PT_br"), Some("ar"), Some("fi")];
        let said = all.map(|locale| sentence(&broken, locale).unwrap_or_default());
        assert_eq!(said[1], ES.broken[1]);
        assert_eq!((&said[2], &said[3]), (&PT.broken[1].to_owned(), &AR.broken[1].to_owned()));
        assert_eq!((&said[0], &said[4]), (&EN.broken[1].to_owned(), &EN.broken[1].to_owned()));
        let rule = NoticeReason::Rule { name: "VIP late".to_owned() };
        assert_eq!(sentence(&rule, None).as_deref(), Some("Rule: VIP late"));
        let follow_up = NoticeReason::Rule { name: String::new() };
        assert_eq!(sentence(&follow_up, None).as_deref(), Some(EN.idle));
        assert_eq!(sentence(&NoticeReason::Unknown, None), None);
    }
}

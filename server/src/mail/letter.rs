//! The texts of letters, in the languages of the console: plain text without markup.

use baton_protocol::invitation::LetterLanguage;

use super::link;
use crate::config::Secret;

/// A letter.
#[derive(Debug)]
pub struct Letter {
    /// The address of who gets it.
    pub to: String,
    /// The language.
    pub language: LetterLanguage,
    /// The workspace's name for people.
    pub workspace: String,
    /// The secret of its link.
    pub secret: Secret,
    /// The subject.
    pub kind: LetterKind,
}

/// The subjects of letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetterKind {
    /// Somebody was invited; the link is good for so many days.
    Invitation {
        /// The days.
        days: i64,
    },
    /// Somebody forgot their password; the link is good for an hour.
    NewPassword,
}

impl Letter {
    /// Subject and text; links begin with the console's address.
    pub(super) fn words(&self, address: &str) -> (String, String) {
        // A name is a line's worth: it adds no lines and no headers.
        let name: String = self.workspace.chars().filter(|c| !c.is_control()).take(100).collect();
        match self.kind {
            LetterKind::Invitation { days } => {
                invitation(self.language, &name, &link(address, "join", &self.secret), days)
            }
            LetterKind::NewPassword => {
                new_password(self.language, &name, &link(address, "new-password", &self.secret))
            }
        }
    }
}

fn invitation(language: LetterLanguage, name: &str, link: &str, days: i64) -> (String, String) {
    match language {
        LetterLanguage::En => (
            format!("You are invited to {name}"),
            format!(
                "You are invited to answer customers in {name}.\n\nSet a password and begin:\n\
                 {link}\n\nThe link works once, for this many days: {days}.\n"
            ),
        ),
        LetterLanguage::Es => (
            format!("Invitación a {name}"),
            format!(
                "Te han invitado a atender a los clientes de {name}.\n\nElige una contraseña y \
                 empieza:\n{link}\n\nEl enlace sirve una vez. Días de validez: {days}.\n"
            ),
        ),
        LetterLanguage::Pt => (
            format!("Convite para {name}"),
            format!(
                "Você recebeu um convite para atender os clientes de {name}.\n\nEscolha uma senha \
                 e comece:\n{link}\n\nO link serve uma vez. Dias de validade: {days}.\n"
            ),
        ),
        LetterLanguage::Ar => (
            format!("دعوة إلى {name}"),
            format!(
                "تمت دعوتك للرد على العملاء في {name}.\n\nاختر كلمة مرور وابدأ:\n{link}\n\n\
                 يعمل الرابط مرة واحدة. عدد أيام صلاحيته: {days}.\n"
            ),
        ),
    }
}

fn new_password(language: LetterLanguage, name: &str, link: &str) -> (String, String) {
    match language {
        LetterLanguage::En => (
            format!("A new password for {name}"),
            format!(
                "Somebody asked for a new password for your account in {name}.\n\nSet it here:\n\
                 {link}\n\nThe link works once, for an hour. If it was not you, do nothing: your \
                 password stays.\n"
            ),
        ),
        LetterLanguage::Es => (
            format!("Nueva contraseña para {name}"),
            format!(
                "Alguien pidió una nueva contraseña para tu cuenta en {name}.\n\nElígela aquí:\n\
                 {link}\n\nEl enlace sirve una vez, durante una hora. Si no fuiste tú, no hagas \
                 nada: tu contraseña no cambia.\n"
            ),
        ),
        LetterLanguage::Pt => (
            format!("Nova senha para {name}"),
            format!(
                "Alguém pediu uma nova senha para a sua conta em {name}.\n\nEscolha aqui:\n\
                 {link}\n\nO link serve uma vez, durante uma hora. Se não foi você, não faça nada: \
                 a sua senha continua a mesma.\n"
            ),
        ),
        LetterLanguage::Ar => (
            format!("كلمة مرور جديدة لـ {name}"),
            format!(
                "طلب شخص ما كلمة مرور جديدة لحسابك في {name}.\n\nاخترها هنا:\n{link}\n\n\
                 يعمل الرابط مرة واحدة لمدة ساعة. إن لم تكن أنت فلا تفعل شيئًا: تبقى كلمة مرورك \
                 كما هي.\n"
            ),
        ),
    }
}

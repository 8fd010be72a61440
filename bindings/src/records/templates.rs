//! Templates: texts that Meta approved, which may be sent when the window is closed.

use baton_protocol::template as core;

/// A template in one language.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
    /// Whether it may be sent.
    pub status: TemplateStatus,
    /// Meta's category, such as `utility`.
    pub category: String,
    /// What stands above the body.
    pub header: Option<TemplateHeader>,
    /// Its words. Variables stand in double braces: `{{1}}`, or `{{first_name}}`.
    pub body: String,
    /// Small print below.
    pub footer: Option<String>,
    /// Below the words.
    pub buttons: Vec<TemplateButton>,
    /// What an admin named to be offered in its place, when Meta stops it or makes it marketing.
    #[uniffi(default = None)]
    pub fallback: Option<TemplateName>,
}

/// A template, by what it is called.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TemplateName {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
}

/// Whether a template may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TemplateStatus {
    /// It may.
    Approved,
    /// Meta looks at it.
    Pending,
    /// Meta refused it.
    Rejected,
    /// Meta paused it, as customers complained.
    Paused,
    /// It may not, for another reason.
    Disabled,
}

/// What stands above the body of a template.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TemplateHeader {
    /// Words, with at most one variable.
    Text {
        /// The words.
        text: String,
    },
    /// A picture, film or document. The sender gives its address.
    File {
        /// The kind of file.
        file: TemplateFile,
    },
    /// Something that Baton cannot fill in.
    Other,
}

/// A file that stands above the body of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TemplateFile {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A document.
    Document,
}

/// A button of a template.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TemplateButton {
    /// What it does.
    pub kind: TemplateButtonKind,
    /// The words on it.
    pub title: String,
    /// Where a link leads; a variable may stand at its end.
    pub url: Option<String>,
}

/// What a button of a template does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TemplateButtonKind {
    /// Its title comes back as the customer's choice.
    QuickReply,
    /// It opens a page.
    Link,
    /// It calls a number.
    Phone,
    /// It copies a code, which the sender gives.
    CopyCode,
    /// Something else, for which the sender gives nothing.
    Other,
}

impl From<core::Template> for Template {
    fn from(template: core::Template) -> Self {
        let core::Template {
            name,
            language,
            status,
            category,
            header,
            body,
            footer,
            buttons,
            fallback,
        } = template;
        let buttons = buttons.into_iter().map(TemplateButton::from).collect();
        let (status, header) = (status.into(), header.map(TemplateHeader::from));
        let fallback = fallback.map(|to| TemplateName { name: to.name, language: to.language });
        Self { name, language, status, category, header, body, footer, buttons, fallback }
    }
}

impl From<core::TemplateStatus> for TemplateStatus {
    fn from(status: core::TemplateStatus) -> Self {
        match status {
            core::TemplateStatus::Approved => Self::Approved,
            core::TemplateStatus::Pending => Self::Pending,
            core::TemplateStatus::Rejected => Self::Rejected,
            core::TemplateStatus::Paused => Self::Paused,
            core::TemplateStatus::Disabled => Self::Disabled,
        }
    }
}

impl From<core::TemplateHeader> for TemplateHeader {
    fn from(header: core::TemplateHeader) -> Self {
        match header {
            core::TemplateHeader::Text { text } => Self::Text { text },
            core::TemplateHeader::File { file } => Self::File {
                file: match file {
                    core::TemplateFile::Image => TemplateFile::Image,
                    core::TemplateFile::Video => TemplateFile::Video,
                    core::TemplateFile::Document => TemplateFile::Document,
                },
            },
            core::TemplateHeader::Other => Self::Other,
        }
    }
}

impl From<TemplateFile> for core::TemplateFile {
    fn from(file: TemplateFile) -> Self {
        match file {
            TemplateFile::Image => Self::Image,
            TemplateFile::Video => Self::Video,
            TemplateFile::Document => Self::Document,
        }
    }
}

impl From<core::TemplateButton> for TemplateButton {
    fn from(button: core::TemplateButton) -> Self {
        let core::TemplateButton { kind, title, url } = button;
        let kind = match kind {
            core::TemplateButtonKind::QuickReply => TemplateButtonKind::QuickReply,
            core::TemplateButtonKind::Link => TemplateButtonKind::Link,
            core::TemplateButtonKind::Phone => TemplateButtonKind::Phone,
            core::TemplateButtonKind::CopyCode => TemplateButtonKind::CopyCode,
            core::TemplateButtonKind::Other => TemplateButtonKind::Other,
        };
        Self { kind, title, url }
    }
}

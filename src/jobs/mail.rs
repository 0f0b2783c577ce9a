//! Sending mails through the operator's mail server.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::Next;
use crate::{
    config::{Mail, MailSecurity},
    domain::{
        id::{ApplicationEventId, ApplicationId},
        mail::{Letter, Occasion},
    },
    operations::{
        Forum, applications,
        people::mails::{Worded, take_back, word},
    },
};

/// How long one step of the exchange with the mail server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a mail was not sent. Never names the address: it goes to the log.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the settings `mail` are of no use: {0}")]
    Settings(String),
    #[error("an address cannot be written into a mail")]
    Address,
    #[error("the mail server refused: {0}")]
    Refused(String),
    #[error("the mail server cannot be spoken with: {0}")]
    Unreachable(&'static str),
}

/// The way to the operator's mail server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// `None` when no server is configured.
    ///
    /// # Errors
    /// [`MailError::Settings`].
    pub fn new(mail: &Mail, extra_ca: Option<&Path>) -> Result<Option<Self>, MailError> {
        if !mail.is_set() {
            return Ok(None);
        }
        let settings = |error: &dyn std::fmt::Display| MailError::Settings(error.to_string());
        let from = mail.from.parse::<Mailbox>();
        let from = from.map_err(|error| settings(&error))?;
        let tls = match mail.security {
            MailSecurity::None => Tls::None,
            MailSecurity::Tls => Tls::Wrapper(parameters(mail, extra_ca)?),
            MailSecurity::Starttls => Tls::Required(parameters(mail, extra_ca)?),
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host.as_str())
                .port(mail.port)
                .tls(tls)
                .timeout(Some(PATIENCE));
        if !mail.username.is_empty() {
            let credentials = Credentials::new(mail.username.clone(), mail.password.clone());
            builder = builder.credentials(credentials);
        }
        Ok(Some(Self {
            transport: builder.build(),
            from,
        }))
    }

    /// Answers when the mail server has taken the mail.
    ///
    /// # Errors
    /// [`MailError`]; trying again later may help.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let to = letter.to.parse::<Mailbox>();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.map_err(|_| MailError::Address)?)
            .subject(&letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.clone())
            .map_err(|_| MailError::Address)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The server's own words may repeat the address.
            Err(error) => Err(match error.status() {
                Some(code) => MailError::Refused(code.to_string()),
                None if error.is_tls() => MailError::Unreachable("TLS failed"),
                None if error.is_timeout() => MailError::Unreachable("it takes too long"),
                None => MailError::Unreachable("no connection, or none that makes sense"),
            }),
        }
    }
}

/// The system's authorities, and those of `federation.extra_ca`.
fn parameters(mail: &Mail, extra_ca: Option<&Path>) -> Result<TlsParameters, MailError> {
    let settings = |reason: String| MailError::Settings(reason);
    let mut builder = TlsParameters::builder(mail.host.clone());
    if let Some(path) = extra_ca {
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| settings(error.to_string()))?;
        for certificate in certificates {
            let certificate = Certificate::from_der(certificate.to_vec())
                .map_err(|error| settings(error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder
        .build_rustls()
        .map_err(|error| settings(error.to_string()))
}

/// Words and sends a mail with a one-time link.
pub(super) async fn mail_link(
    forum: &Forum,
    mailer: Option<&Mailer>,
    email: &str,
    occasion: Occasion,
) -> anyhow::Result<Next> {
    let Some(mailer) = mailer else {
        // The operator took the mail server out of the settings.
        return Ok(Next::Done);
    };
    let letter = match word(forum, email, occasion).await? {
        Worded::Letter(letter) => letter,
        Worded::Nothing => return Ok(Next::Done),
        Worded::NotBefore(moment) => return Ok(Next::Later(until(moment, forum.now()))),
    };
    if let Err(error) = mailer.send(&letter).await {
        take_back(forum, email).await?;
        return Err(error.into());
    }
    Ok(Next::Done)
}

/// Words and sends the news of a step of an application.
pub(super) async fn mail_applicant(
    forum: &Forum,
    mailer: Option<&Mailer>,
    application: ApplicationId,
    event: ApplicationEventId,
) -> anyhow::Result<Next> {
    if let Some(mailer) = mailer
        && let Some(letter) = applications::word(forum, application, event).await?
    {
        mailer.send(&letter).await?;
    }
    Ok(Next::Done)
}

fn until(moment: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (moment - now).to_std().unwrap_or_default()
}

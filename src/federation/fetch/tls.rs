//! Whom we believe to be a server: the system's authorities, and those of
//! `federation.extra_ca`.

use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// Why there is no TLS client. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("federation.extra_ca: cannot read certificates from {path}: {reason}")]
    ExtraCa { path: String, reason: String },
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

pub(super) fn config(extra_ca: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    let (known, _) = roots.add_parsable_certificates(system.certs);
    if known == 0 {
        tracing::warn!("the system has no certificate authorities: https to others will fail");
    }
    if let Some(path) = extra_ca {
        add_extra(&mut roots, path)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn add_extra(roots: &mut RootCertStore, path: &Path) -> Result<(), TlsError> {
    let refused = |reason: String| TlsError::ExtraCa {
        path: path.display().to_string(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refused(error.to_string()))?;
    if certificates.is_empty() {
        return Err(refused("there is none in it".to_owned()));
    }
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

//! Signatures of requests to an S3-compatible store: AWS Signature Version 4.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The region and the keys that requests are signed with.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) region: String,
    pub(super) access_key: String,
    pub(super) secret_key: String,
}

/// What is signed of a request.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// Percent-encoded.
    pub(super) path: &'a str,
    /// Percent-encoded, in the order of its names.
    pub(super) query: &'a str,
    /// SHA-256 of the body, lower-case hex.
    pub(super) body_sha256: &'a str,
    /// `20260102T030405Z`.
    pub(super) time: &'a str,
}

impl Signer {
    /// The header `Authorization`. The request carries `host`, `x-amz-content-sha256` and
    /// `x-amz-date` with the values that are signed.
    pub(super) fn authorization(&self, of: &Signed<'_>) -> String {
        const NAMES: &str = "host;x-amz-content-sha256;x-amz-date";
        let Signed { method, host, path, query, body_sha256, time } = of;
        let request = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{body_sha256}\n\
             x-amz-date:{time}\n\n{NAMES}\n{body_sha256}"
        );
        let day = time.split('T').next().unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let digest = hex::encode(Sha256::digest(request));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
        let secret = format!("AWS4{}", self.secret_key);
        let parts = [day, &self.region, "s3", "aws4_request", &text];
        let proof = parts.into_iter().fold(secret.into_bytes(), |key, part| mac(&key, part));
        let proof = hex::encode(proof);
        let access_key = &self.access_key;
        format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={NAMES}, \
             Signature={proof}"
        )
    }
}

fn mac(key: &[u8], of: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(of.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS's own documentation, "GET Bucket Lifecycle".
    #[test]
    fn a_signature_is_that_of_the_documentation() {
        let signer = Signer {
            region: "us-east-1".to_owned(),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        };
        let signed = signer.authorization(&Signed {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: "lifecycle=",
            body_sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            time: "20130524T000000Z",
        });
        let proof = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        assert!(signed.ends_with(proof), "{signed}");
    }
}

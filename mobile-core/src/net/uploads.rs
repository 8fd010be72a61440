//! The steps of an upload.

use baton_protocol::upload::Upload;
use hyper::Method;

use super::ask::{NetError, Request};
use super::json::{get, post, request};
use super::{Bounds, Server};
use crate::link::Failure;
use crate::outbox::{UploadFailure, UploadStep};

/// A step is answered within this time, and in so many bytes.
const BOUNDS: Bounds = (super::limits::UPLOAD_MAX, 64 * 1024);

impl Server {
    /// Takes a step of an upload. `read` gives a part of a file.
    ///
    /// # Errors
    /// As the outbox has to hear it, with the failure for the link where the server gave one.
    pub async fn upload(
        &self,
        step: UploadStep,
        access_token: &str,
        read: impl Future<Output = Result<Option<Vec<u8>>, NetError>>,
    ) -> Result<Upload, (UploadFailure, Option<Failure>)> {
        let made = match step {
            UploadStep::Begin { conversation_id, new } => {
                post(&format!("/api/v1/conversations/{conversation_id}/uploads"), &new, BOUNDS)
                    .map_err(|_odd| (UploadFailure::Unanswered, None))?
            }
            UploadStep::Look { upload } => get(&format!("/api/v1/uploads/{upload}"), BOUNDS),
            UploadStep::Piece { upload, from, .. } => {
                let piece = read.await.map_err(|_odd| (UploadFailure::Unanswered, None))?;
                let piece = piece.ok_or((UploadFailure::FileLost, None))?;
                let path = format!("/api/v1/uploads/{upload}?from={from}");
                let made = request(Method::PUT, &path, Some(piece), BOUNDS);
                Request { content_type: "application/octet-stream", ..made }
            }
        };
        let answer = self.ask(made.by(access_token)).await;
        let reply = answer.map_err(|error| (UploadFailure::Unanswered, Some(error.into())))?;
        let failure = match reply.read() {
            Ok(upload) => return Ok(upload),
            Err(failure) => failure,
        };
        let Failure::Refused { status, code, .. } = &failure else {
            return Err((UploadFailure::Unanswered, Some(failure)));
        };
        let detail = reply.problem.map(|problem| problem.detail).unwrap_or_default();
        let (status, code, retry_after) = (*status, code.clone(), reply.retry_after);
        let refused = UploadFailure::Refused { status, code, detail, retry_after };
        Err((refused, Some(failure)))
    }
}

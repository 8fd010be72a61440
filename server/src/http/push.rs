//! `/devices/{id}/push`: how a device is reached; `/push/keys`: what it needs for that;
//! `/push/receipts`: what it tells of pushes.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::DeviceId;
use baton_protocol::limits::RECEIPTS_MAX;
use baton_protocol::push::{
    PushDevice, PushKeys, PushPreference, PushPut, PushReceipt, PushRegistered, PushState,
    PushTargetKind, ReceiptStage, ReceiptsTaken,
};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::push::VapidKey;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/me/push", preference)
            .says("How much you are told by push.")
            .answers::<PushPreference>(200),
        Route::put(Access::Person, "/api/v1/me/push", prefer)
            .says("Sets how much you are told by push.")
            .takes::<PushPreference>()
            .answers::<PushPreference>(200)
            .codes(&["not_found"]),
        Route::get(Access::Signed, "/api/v1/push/keys", keys)
            .says("The keys that an app needs before it registers.")
            .answers::<PushKeys>(200)
            .codes(&["not_found"]),
        Route::put(Access::Person, "/api/v1/devices/{device}/push", register)
            .says("Registers this device for push.")
            .takes::<PushPut>()
            .answers::<PushRegistered>(200)
            .codes(&["not_found", "not_allowed"]),
        Route::get(Access::Person, "/api/v1/devices/{device}/push", read)
            .says("The registration of this device.")
            .answers::<PushDevice>(200)
            .codes(&["not_found"]),
        Route::delete(Access::Person, "/api/v1/devices/{device}/push", end)
            .says("Ends the registration of this device.")
            .done()
            .codes(&["not_found"]),
        Route::post(Access::Device, "/api/v1/push/receipts", receipts)
            .says("Tells what became of pushes.")
            .takes_list::<PushReceipt, { RECEIPTS_MAX }>()
            .answers::<ReceiptsTaken>(200),
    ]
}

/// `PUT /devices/{id}/push`.
pub(super) async fn register(
    State(parts): State<Shared>,
    signed: Signed,
    Id(device): Id<DeviceId>,
    Json(put): Json<PushPut>,
) -> HandlerResult<Out<PushRegistered>> {
    let endpoint = (put.target_kind == PushTargetKind::Endpoint).then_some(put.target.as_str());
    if let Some(problem) = endpoint.and_then(|target| parts.push_endpoints.problem(target)) {
        return Err(Fault::invalid(format!("target: {problem}")));
    }
    let mut made = parts.accounts.register_push(signed, device, &put).await?;
    tell_setup(&parts, &mut made.registration);
    Ok(Out(made))
}

/// `GET /devices/{id}/push`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Id(device): Id<DeviceId>,
) -> HandlerResult<Out<PushDevice>> {
    let mut registration = parts.accounts.push_of(signed, device).await?;
    tell_setup(&parts, &mut registration);
    Ok(Out(registration))
}

/// The app is told where pushes cannot come: a registration waits until the server is set up.
fn tell_setup(parts: &ApiState, registration: &mut PushDevice) {
    if !parts.push_lanes.contains(&registration.lane) {
        registration.state = PushState::NotSetUp;
    }
}

/// `DELETE /devices/{id}/push`.
pub(super) async fn end(
    State(parts): State<Shared>,
    signed: Signed,
    Id(device): Id<DeviceId>,
) -> HandlerResult<StatusCode> {
    parts.accounts.end_push(signed, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /push/keys`.
pub(super) async fn keys(
    State(parts): State<Shared>,
    _signed: Signed,
) -> HandlerResult<Out<PushKeys>> {
    let key = VapidKey::of(parts.keys.vapid()).ok_or_else(Fault::not_found)?;
    Ok(Out(PushKeys { vapid: key.public() }))
}

/// `POST /push/receipts`.
pub(super) async fn receipts(
    State(parts): State<Shared>,
    reporter: Signed,
    Json(receipts): Json<Vec<PushReceipt>>,
) -> HandlerResult<Out<ReceiptsTaken>> {
    if receipts.len() > RECEIPTS_MAX {
        return Err(Fault::too_large(format!("at most {RECEIPTS_MAX} receipts at once")));
    }
    let counts = parts.accounts.receive_receipts(reporter, &receipts).await?;
    let new = ReceiptStage::ALL.map(ReceiptStage::name).into_iter().zip(counts.new);
    let rest = [("again", counts.again), ("foreign", counts.foreign), ("unknown", counts.unknown)];
    for (outcome, count) in new.chain(rest).filter(|(_, count)| *count > 0) {
        parts.metrics.push_receipts.add(outcome, count.into());
    }
    for ms in &counts.took_ms {
        parts.metrics.push_receipt_s.observe(f64::from(*ms) / 1_000.0);
    }
    Ok(Out(counts.taken()))
}

/// `GET /me/push`.
pub(super) async fn preference(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<PushPreference>> {
    Ok(Out(parts.accounts.push_preference(signed).await?))
}

/// `PUT /me/push`.
pub(super) async fn prefer(
    State(parts): State<Shared>,
    signed: Signed,
    Json(wanted): Json<PushPreference>,
) -> HandlerResult<Out<PushPreference>> {
    parts.accounts.set_push_preference(signed, &wanted).await?;
    Ok(Out(wanted))
}

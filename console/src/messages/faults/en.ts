// Why something was not done: every code of a refusal and of a problem, and why a message failed.

import type { Failure } from "../../inbox/failure.ts";
import type { Refusal } from "../../protocol.ts";
import { LIMITS } from "../../wire.ts";

/** Refusals that name nobody. */
export type Plain = Exclude<
  Refusal["code"],
  "stale" | "not_owner" | "owner_changed" | "being_answered" | "at_capacity" | "template_replaced" | "window_closed" | "invalid"
>;

export const faultsEn = {
  refusal: {
    not_in_scope: "This is no longer yours to see.",
    not_allowed: "You may not do that here.",
    forbidden: "Not done: you may only read here.",
    blocked: "Not sent: this customer is blocked.",
    marketing_stopped: "Not sent: this customer wants no marketing. Choose a template of another category.",
    op_id_reused: "Not done: this browser mixed up two changes. Load the page again and do it once more.",
    op_expired: "Not done: it waited too long to be sent. Look again, then do it once more.",
    cancelled: "Not done: it was taken back before it arrived.",
    depends_on_refused: "Not sent: the reply before it was not sent. Your text is kept.",
    depends_on_unknown: "Not sent: the reply before it was not sent. Your text is kept.",
    too_soon: "Not done yet: WhatsApp may still tell whether it arrived. Try again in a minute.",
    outcome_required: "This team asks for an outcome: choose one, then resolve again.",
    offer_gone: "This offer is over.",
    merged: "This conversation was put together with another one.",
    unavailable: "Not done: the server cannot decide right now. Try again in a moment.",
    rate_limited: "Not done: too much at once. Try again in a moment.",
  } satisfies Record<Plain, string>,
  problem: {
    malformed: "This page and the server do not understand each other. Load the page again.",
    invalid_rows: "Some lines are wrong. Nothing was done.",
    files_full: "The workspace keeps as many files as it may. Tell the operator of the server.",
    picture_unfit: "Choose a PNG, JPEG or WebP, and a plain one.",
    pictures_off: "The server makes no small pictures. Tell its operator.",
    unauthenticated: "Your session ended. Sign in again.",
    device_revoked: "This device was signed out by somebody else.",
    bad_signature: "This page and the server do not understand each other. Load the page again.",
    origin_not_allowed: "The server does not allow this address of the page. Tell its operator.",
    host_not_allowed: "The server does not allow this address of the page. Tell its operator.",
    unknown_route: "The server is older than this page. Load the page again.",
    method_not_allowed: "The server is older than this page. Load the page again.",
    file_address_expired: "The address of the file has ended. Try again.",
    file_waiting: "The file is on its way from WhatsApp.",
    file_expired: "The file is no longer there.",
    file_refused: "The file was too large, or not what it said it was.",
    file_missing: "The server has lost the file. Tell its operator.",
    request_timeout: "It came too slowly. Check the connection and try again.",
    not_allowed: "As things are now, this cannot be done. Load the page again and look.",
    not_checked: "Meta could not be asked. Try again later.",
    upload_from: "The file goes on from another place. Try again.",
    moves_in_circle: "Conversations would go round between these teams. One of them must not move them on.",
    version_changed: "Somebody else changed it meanwhile. Look again, then change it.",
    in_use: "It is still in use. Take it out of use first.",
    too_many: "There are as many as there may be. End one first.",
    precondition_required: "This page and the server do not understand each other. Load the page again.",
    invitation_unknown: "The link is wrong, or there is a newer one.",
    invitation_expired: "The link has ended. Ask for another one.",
    invitation_withdrawn: "The invitation was withdrawn.",
    invitation_used: "The link was used already.",
    too_large: "This is too much at once.",
    unsupported_media_type: "This page and the server do not understand each other. Load the page again.",
    internal: "Something went wrong at the server. Try again.",
    unavailable: "The server cannot do it right now. Try again in a moment.",
  } as Record<string, string>,
  other: (code: string) => `Not done (${code}). Tell the operator of the server.`,
  wrong: (field: string) => `Not done: the server does not take this ${field}.`,
  wrongPassword:
    `Not done: take another password. It needs ${LIMITS.passwordCharsLeast} characters, and must be neither the e-mail address nor one that many use.`,
  wrongSomewhere: "Not done: the server does not take a part of it.",
  fields: {
    text: "text",
    name: "name",
    email: "e-mail address",
    password: "password",
    phone: "number",
    until: "time",
    pace_per_s: "number of messages",
    capacity: "number of conversations",
    emoji: "emoji",
    url: "address",
    file: "file",
  } as Record<string, string>,
  failure: {
    token: "WhatsApp does not take the access token. An admin renews it; what waits leaves then.",
    permission: "The app may not send. An admin gives it the right to send messages.",
    throttled: "WhatsApp takes no more for a moment. It is sent as soon as it does.",
    account: "WhatsApp lets this number or account not send. An admin looks into it at Meta.",
    payment: "WhatsApp cannot collect its fee. An admin mends the payment at Meta.",
    name: "The display name of the number is not approved. An admin completes it at Meta.",
    unknown: "Something went wrong at WhatsApp: it may or may not have been sent. Ask before you send it again.",
    content: "WhatsApp does not take it like this. Write it in another way.",
    file: "WhatsApp could not take the file. Check its type and size, then send it again.",
    template: "WhatsApp does not take this template now. Choose another one, or tell an admin.",
    recipient: "WhatsApp could not bring it to this customer. Check the number, or reach them in another way.",
    window: "The 24 hours have passed. Send a template, or wait until the customer writes.",
    marketing: "WhatsApp holds marketing back from this customer. Reply when they write.",
    other: "WhatsApp did not take it.",
  } satisfies Record<Failure, string>,
};

export type FaultWords = typeof faultsEn;

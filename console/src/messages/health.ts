// What is wrong with a WhatsApp number, and what to do about it. Its page says more: number-health.ts.

import type { ConnectionFault, HealthState } from "../protocol.ts";

export interface HealthWords {
  banner: (name: string) => string;
  look: string;
  fault: Record<ConnectionFault, string>;
  notice: Record<HealthState, (name: string) => string>;
}

export const healthEn: HealthWords = {
  banner: (name) => `${name} sends nothing at present. What you write waits.`,
  look: "See why",
  fault: {
    token_wrong: "Meta does not take the access token. Make one for a system user and replace it.",
    token_expired: "The access token has ended. Make one without an end and replace it.",
    token_ends_soon: "The access token ends within a week. Make one without an end and replace it.",
    messaging_right_missing: "The token may not send. Make it again with the right whatsapp_business_messaging.",
    management_right_missing: "The token may not read the account. Make it again with the right whatsapp_business_management.",
    app_secret_wrong: "The app secret is another one than at Meta. The operator of the server sets the present one.",
    token_of_other_app: "The token is of another app. Make it in the app that sends the webhooks.",
    number_not_found: "The token reaches no number with this id. Check the id, and give the system user the account.",
    number_not_verified: "The number is not verified. Verify it at Meta by a code, then register it.",
    number_not_registered: "The number is not registered. Register it at Meta with its PIN.",
    number_banned: "Meta lets the number send nothing. Look into the WhatsApp Manager, and ask for a review.",
    number_restricted: "Meta limits what the number may send. Replies may still go; look into the WhatsApp Manager.",
    name_declined: "Meta declined the display name. Choose another one in the WhatsApp Manager.",
    quality_low: "Customers block or report the number. Send fewer templates, to those who asked for them.",
    payment_missing: "The account has no valid method of payment. Add one at Meta; templates fail until then.",
    account_restricted: "Meta restricted the account. Look into the business settings, and ask for a review.",
    app_not_subscribed: "The app is not subscribed to the account. Subscribe it at Meta, else nothing comes in.",
    webhook_not_set: "The app has no webhook. Enter the address and the verify token at Meta.",
    webhook_elsewhere: "The app’s webhook leads to another address. Enter this server’s address at Meta.",
    messages_not_subscribed: "The webhook lacks the field messages. Subscribe to it at Meta.",
    sends_refused: "WhatsApp refuses the messages of this number. Look into the WhatsApp Manager.",
  },
  notice: {
    works: (name) => `${name} works again`,
    attention: (name) => `${name} needs you`,
    stopped: (name) => `${name} sends nothing`,
  },
};

import type { HealthWords } from "./health.ts";

export const healthEs: HealthWords = {
  banner: (name) => `${name} no envía nada ahora. Lo que escribas espera.`,
  look: "Ver por qué",
  fault: {
    token_wrong: "Meta no acepta el token de acceso. Crea uno para un usuario del sistema y sustitúyelo.",
    token_expired: "El token de acceso ha caducado. Crea uno sin caducidad y sustitúyelo.",
    token_ends_soon: "El token de acceso caduca en menos de una semana. Crea uno sin caducidad y sustitúyelo.",
    messaging_right_missing: "El token no puede enviar. Créalo de nuevo con el permiso whatsapp_business_messaging.",
    management_right_missing: "El token no puede leer la cuenta. Créalo de nuevo con el permiso whatsapp_business_management.",
    app_secret_wrong: "El secreto de la app no es el de Meta. El operador del servidor pone el actual.",
    token_of_other_app: "El token es de otra app. Créalo en la app que envía los webhooks.",
    number_not_found: "El token no llega a ningún número con este id. Revisa el id y da la cuenta al usuario del sistema.",
    number_not_verified: "El número no está verificado. Verifícalo en Meta con un código y regístralo.",
    number_not_registered: "El número no está registrado. Regístralo en Meta con su PIN.",
    number_banned: "Meta no deja que el número envíe nada. Mira el WhatsApp Manager y pide una revisión.",
    number_restricted: "Meta limita lo que el número puede enviar. Las respuestas pueden salir; mira el WhatsApp Manager.",
    name_declined: "Meta rechazó el nombre visible. Elige otro en el WhatsApp Manager.",
    quality_low: "Los clientes bloquean o denuncian el número. Envía menos plantillas, solo a quien las pidió.",
    payment_missing: "La cuenta no tiene un método de pago válido. Añade uno en Meta; hasta entonces fallan las plantillas.",
    account_restricted: "Meta restringió la cuenta. Mira la configuración del negocio y pide una revisión.",
    app_not_subscribed: "La app no está suscrita a la cuenta. Suscríbela en Meta; si no, no entra nada.",
    webhook_not_set: "La app no tiene webhook. Escribe la dirección y el token de verificación en Meta.",
    webhook_elsewhere: "El webhook de la app lleva a otra dirección. Escribe la de este servidor en Meta.",
    messages_not_subscribed: "Al webhook le falta el campo messages. Suscríbete a él en Meta.",
    sends_refused: "WhatsApp rechaza los mensajes de este número. Mira el WhatsApp Manager.",
  },
  notice: {
    works: (name) => `${name} vuelve a funcionar`,
    attention: (name) => `${name} te necesita`,
    stopped: (name) => `${name} no envía nada`,
  },
};

// Made from words/letters.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { arabicChars } from "./plural.ts";
import { LIMITS } from "../wire.ts";

const en = {
  forgotten: "A new password",
  how: "We send a link to your address. It works once, for an hour.",
  send: "Send the link",
  /** The same whether somebody has the address or not. */
  asked: "If somebody signs in with this address, a letter is on its way. Look into the spam folder too.",
  none: "This server sends no letters. Ask an admin of your team: they set a new password under People.",
  fresh: "Set a new password",
  hint: `${LIMITS.passwordCharsLeast} characters or more`,
  set: "Set the password",
  done: "Your new password counts. Sign in with it; you were signed out everywhere.",
  toSignIn: "Sign in",
  askAgain: "Ask for another link",
  withInvitation: "Send the link by e-mail",
  sent: "Sent by e-mail",
  notSent: "The letter was not sent. Copy the link and hand it on.",
  linkIs: {
    invitation_unknown: "This link is wrong, or was used already. Ask for another one.",
    invitation_expired: "This link was good for an hour. Ask for another one.",
  },
};

export type LetterWords = typeof en;

const es: LetterWords = {
  forgotten: "Nueva contraseña",
  how: "Enviamos un enlace a tu dirección. Sirve una vez, durante una hora.",
  send: "Enviar el enlace",
  asked: "Si alguien entra con esta dirección, el correo está en camino. Mira también en spam.",
  none: "Este servidor no envía correos. Pide a un administrador de tu equipo una contraseña nueva: la pone en Personas.",
  fresh: "Elige una contraseña nueva",
  hint: `${LIMITS.passwordCharsLeast} caracteres o más`,
  set: "Guardar la contraseña",
  done: "Tu contraseña nueva ya vale. Entra con ella; se cerró tu sesión en todas partes.",
  toSignIn: "Entrar",
  askAgain: "Pedir otro enlace",
  withInvitation: "Enviar el enlace por correo",
  sent: "Enviado por correo",
  notSent: "El correo no se envió. Copia el enlace y dáselo tú.",
  linkIs: {
    invitation_unknown: "Este enlace no es correcto o ya se usó. Pide otro.",
    invitation_expired: "Este enlace servía durante una hora. Pide otro.",
  },
};

const pt: LetterWords = {
  forgotten: "Nova senha",
  how: "Enviamos um link para o seu endereço. Serve uma vez, durante uma hora.",
  send: "Enviar o link",
  asked: "Se alguém entra com este endereço, o e-mail está a caminho. Veja também o spam.",
  none: "Este servidor não envia e-mails. Peça uma senha nova a um administrador da equipe: ele a define em Pessoas.",
  fresh: "Escolha uma senha nova",
  hint: `${LIMITS.passwordCharsLeast} caracteres ou mais`,
  set: "Salvar a senha",
  done: "A nova senha já vale. Entre com ela; a sessão foi encerrada em todos os aparelhos.",
  toSignIn: "Entrar",
  askAgain: "Pedir outro link",
  withInvitation: "Enviar o link por e-mail",
  sent: "Enviado por e-mail",
  notSent: "O e-mail não foi enviado. Copie o link e entregue-o você.",
  linkIs: {
    invitation_unknown: "Este link está errado ou já foi usado. Peça outro.",
    invitation_expired: "Este link valia por uma hora. Peça outro.",
  },
};

const ar: LetterWords = {
  forgotten: "كلمة مرور جديدة",
  how: "نرسل رابطًا إلى بريدك. يعمل مرة واحدة لمدة ساعة.",
  send: "أرسل الرابط",
  asked: "إن كان هذا البريد لأحد الأعضاء فالرسالة في الطريق. انظر أيضًا في البريد المزعج.",
  none: "لا يرسل هذا الخادم رسائل بريد. اطلب من مدير فريقك كلمة مرور جديدة: يضعها من صفحة الأشخاص.",
  fresh: "اختر كلمة مرور جديدة",
  hint: `${arabicChars(LIMITS.passwordCharsLeast)} أو أكثر`,
  set: "احفظ كلمة المرور",
  done: "كلمة مرورك الجديدة سارية. سجّل الدخول بها؛ تم تسجيل خروجك من كل الأجهزة.",
  toSignIn: "تسجيل الدخول",
  askAgain: "اطلب رابطًا آخر",
  withInvitation: "أرسل الرابط بالبريد",
  sent: "أُرسل بالبريد",
  notSent: "لم تُرسل الرسالة. انسخ الرابط وسلّمه بنفسك.",
  linkIs: {
    invitation_unknown: "هذا الرابط خاطئ أو استُخدم من قبل. اطلب رابطًا آخر.",
    invitation_expired: "كان هذا الرابط صالحًا لساعة. اطلب رابطًا آخر.",
  },
};

export const letterWords: Record<Language, LetterWords> = { en, es, pt, ar };

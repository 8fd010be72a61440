// Made from words/number-health.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";

const en = {
  state: {
    works: "Works",
    attention: "Needs you",
    stopped: "Sends nothing",
  },
  means: {
    works: "Messages come and go.",
    attention: "Messages go. Something has to be done all the same.",
    stopped: "Messages wait. After 10 minutes they go to review, and nothing is lost.",
  },
  unknown: "Not checked yet",
  since: (time: string) => `since ${time}`,
  check: "Check now",
  checking: "Asking Meta…",
  steps: "Steps of connecting it",
  quality: "Quality",
  limit: "Customers a day",
  shownName: "Display name",
  tokenEnds: (time: string) => `The token ends ${time}`,
  told: "What Meta told lately",
  step: {
    token: "Access token",
    rights: "Rights of the token",
    app: "App at Meta",
    number: "Number found",
    registration: "Number registered",
    name: "Display name",
    quality: "Quality",
    account: "Account may send",
    subscription: "App subscribed",
    webhook: "Webhook",
    receive: "A message came in",
    send: "A message went out",
  },
  stepState: {
    ok: "Done",
    wrong: "Wrong",
    waiting: "Still to come",
    unknown: "Not known",
  },
  news: {
    review: {
      acts: "Meta did not approve the account. Look at the reasons in Meta’s business support, and ask for another review.",
      plain: "Meta reviewed the account.",
    },
    alert: {
      acts: "Meta warns you. Open the account in the WhatsApp Manager, and do what the alert says.",
      plain: "Meta has a hint for the account.",
    },
    account: {
      acts: "Meta restricted the account. Look into the business settings, and ask for a review.",
      plain: "The state of the account changed.",
    },
    name: {
      acts: "Meta declined the display name. Choose another one in the WhatsApp Manager.",
      plain: "The display name changed.",
    },
    quality: {
      acts: "Customers block or report the number. Send fewer templates, to those who asked for them.",
      plain: "The limits of the number changed.",
    },
    profile: {
      acts: "The profile that customers see changed. If nobody of yours did it, look into the WhatsApp Manager.",
      plain: "The profile that customers see changed. If nobody of yours did it, look into the WhatsApp Manager.",
    },
  },
};

export type NumberHealthWords = typeof en;

const es: NumberHealthWords = {
  state: {
    works: "Funciona",
    attention: "Requiere atención",
    stopped: "No envía nada",
  },
  means: {
    works: "Los mensajes entran y salen.",
    attention: "Los mensajes salen. Aun así hay algo que hacer.",
    stopped: "Los mensajes esperan. A los 10 minutos pasan a revisión y no se pierde nada.",
  },
  unknown: "Aún sin comprobar",
  since: (time: string) => `desde ${time}`,
  check: "Comprobar ahora",
  checking: "Preguntando a Meta…",
  steps: "Pasos para conectarlo",
  quality: "Calidad",
  limit: "Clientes al día",
  shownName: "Nombre visible",
  tokenEnds: (time: string) => `El token caduca ${time}`,
  told: "Lo último que dijo Meta",
  step: {
    token: "Token de acceso",
    rights: "Permisos del token",
    app: "App en Meta",
    number: "Número encontrado",
    registration: "Número registrado",
    name: "Nombre visible",
    quality: "Calidad",
    account: "La cuenta puede enviar",
    subscription: "App suscrita",
    webhook: "Webhook",
    receive: "Entró un mensaje",
    send: "Salió un mensaje",
  },
  stepState: {
    ok: "Hecho",
    wrong: "Mal",
    waiting: "Pendiente",
    unknown: "Desconocido",
  },
  news: {
    review: {
      acts: "Meta no aprobó la cuenta. Mira los motivos en la asistencia de Meta para empresas y pide otra revisión.",
      plain: "Meta revisó la cuenta.",
    },
    alert: {
      acts: "Meta te avisa. Abre la cuenta en el Administrador de WhatsApp y haz lo que dice el aviso.",
      plain: "Meta tiene una sugerencia para la cuenta.",
    },
    account: {
      acts: "Meta restringió la cuenta. Mira la configuración del negocio y pide una revisión.",
      plain: "Cambió el estado de la cuenta.",
    },
    name: {
      acts: "Meta rechazó el nombre visible. Elige otro en el Administrador de WhatsApp.",
      plain: "Cambió el nombre visible.",
    },
    quality: {
      acts: "Los clientes bloquean o denuncian el número. Envía menos plantillas, solo a quien las pidió.",
      plain: "Cambiaron los límites del número.",
    },
    profile: {
      acts: "Cambió el perfil que ven los clientes. Si no fue nadie de tu equipo, mira el Administrador de WhatsApp.",
      plain: "Cambió el perfil que ven los clientes. Si no fue nadie de tu equipo, mira el Administrador de WhatsApp.",
    },
  },
};

const pt: NumberHealthWords = {
  state: {
    works: "Funciona",
    attention: "Precisa de atenção",
    stopped: "Não envia nada",
  },
  means: {
    works: "As mensagens entram e saem.",
    attention: "As mensagens saem. Mesmo assim há algo a fazer.",
    stopped: "As mensagens esperam. Após 10 minutos vão para revisão e nada se perde.",
  },
  unknown: "Ainda não verificado",
  since: (time: string) => `desde ${time}`,
  check: "Verificar agora",
  checking: "Perguntando à Meta…",
  steps: "Passos para conectar",
  quality: "Qualidade",
  limit: "Clientes por dia",
  shownName: "Nome de exibição",
  tokenEnds: (time: string) => `O token expira ${time}`,
  told: "O que a Meta disse por último",
  step: {
    token: "Token de acesso",
    rights: "Permissões do token",
    app: "App na Meta",
    number: "Número encontrado",
    registration: "Número registrado",
    name: "Nome de exibição",
    quality: "Qualidade",
    account: "A conta pode enviar",
    subscription: "App inscrito",
    webhook: "Webhook",
    receive: "Uma mensagem entrou",
    send: "Uma mensagem saiu",
  },
  stepState: {
    ok: "Feito",
    wrong: "Errado",
    waiting: "Pendente",
    unknown: "Desconhecido",
  },
  news: {
    review: {
      acts: "A Meta não aprovou a conta. Veja os motivos no suporte da Meta para empresas e peça outra análise.",
      plain: "A Meta analisou a conta.",
    },
    alert: {
      acts: "A Meta avisa você. Abra a conta no Gerenciador do WhatsApp e faça o que o aviso diz.",
      plain: "A Meta tem uma sugestão para a conta.",
    },
    account: {
      acts: "A Meta restringiu a conta. Veja as configurações do negócio e peça uma análise.",
      plain: "O estado da conta mudou.",
    },
    name: {
      acts: "A Meta recusou o nome de exibição. Escolha outro no Gerenciador do WhatsApp.",
      plain: "O nome de exibição mudou.",
    },
    quality: {
      acts: "Clientes bloqueiam ou denunciam o número. Envie menos modelos, só a quem pediu.",
      plain: "Os limites do número mudaram.",
    },
    profile: {
      acts: "O perfil que os clientes veem mudou. Se não foi ninguém da sua equipe, veja o Gerenciador do WhatsApp.",
      plain: "O perfil que os clientes veem mudou. Se não foi ninguém da sua equipe, veja o Gerenciador do WhatsApp.",
    },
  },
};

const ar: NumberHealthWords = {
  state: {
    works: "يعمل",
    attention: "يحتاج إلى إجراء",
    stopped: "لا يرسل شيئًا",
  },
  means: {
    works: "الرسائل تصل وتُرسَل.",
    attention: "الرسائل تُرسَل، لكن هناك ما يجب عمله.",
    stopped: "الرسائل تنتظر. بعد 10 دقائق تنتقل إلى المراجعة ولا يضيع شيء.",
  },
  unknown: "لم يُفحص بعد",
  since: (time: string) => `منذ ${isolate(time)}`,
  check: "افحص الآن",
  checking: "نسأل Meta…",
  steps: "خطوات ربط الرقم",
  quality: "الجودة",
  limit: "عملاء في اليوم",
  shownName: "الاسم الظاهر",
  tokenEnds: (time: string) => `ينتهي الرمز ${isolate(time)}`,
  told: "آخر ما قالته Meta",
  step: {
    token: "رمز الوصول",
    rights: "صلاحيات الرمز",
    app: "التطبيق في Meta",
    number: "العثور على الرقم",
    registration: "تسجيل الرقم",
    name: "الاسم الظاهر",
    quality: "الجودة",
    account: "الحساب مسموح له بالإرسال",
    subscription: "اشتراك التطبيق",
    webhook: "عنوان الويب هوك",
    receive: "وصلت رسالة",
    send: "أُرسلت رسالة",
  },
  stepState: {
    ok: "تم",
    wrong: "خطأ",
    waiting: "لم يحدث بعد",
    unknown: "غير معروف",
  },
  news: {
    review: {
      acts: "لم توافق Meta على الحساب. اطلع على الأسباب في دعم Meta للأعمال واطلب مراجعة أخرى.",
      plain: "راجعت Meta الحساب.",
    },
    alert: {
      acts: "تحذّرك Meta. افتح الحساب في مدير واتساب ونفّذ ما يقوله التنبيه.",
      plain: "لدى Meta ملاحظة عن الحساب.",
    },
    account: {
      acts: "قيّدت Meta الحساب. اطلع على إعدادات النشاط واطلب مراجعة.",
      plain: "تغيّرت حالة الحساب.",
    },
    name: {
      acts: "رفضت Meta الاسم الظاهر. اختر اسمًا آخر في مدير واتساب.",
      plain: "تغيّر الاسم الظاهر.",
    },
    quality: {
      acts: "يحظر العملاء الرقم أو يبلغون عنه. أرسل قوالب أقل، ولمن طلبها فقط.",
      plain: "تغيّرت حدود الرقم.",
    },
    profile: {
      acts: "تغيّر الملف الذي يراه العملاء. إن لم يغيّره أحد من فريقك فاطلع على مدير واتساب.",
      plain: "تغيّر الملف الذي يراه العملاء. إن لم يغيّره أحد من فريقك فاطلع على مدير واتساب.",
    },
  },
};

export const numberHealthWords: Record<Language, NumberHealthWords> = { en, es, pt, ar };

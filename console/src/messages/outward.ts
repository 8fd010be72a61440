// Secrets of settings and what webhooks took: loaded with their form, in all languages at once.

import type { Language } from "./index.svelte.ts";

interface OutwardWords {
  secrets: string;
  /** What the secret is for. */
  secretsMore: string;
  /** Of keys that programs show. */
  keysMore: string;
  keysNone: string;
  secretsNone: string;
  make: string;
  /** Beside a new one: it is told this once. */
  once: string;
  secret: (n: string) => string;
  made: (when: string) => string;
  ended: (when: string) => string;
  end: string;
  endAsk: string;
  secretMade: string;
  secretEnded: string;
  deliveries: string;
  none: string;
  upTo: (position: string) => string;
  accepted: (when: string) => string;
  paused: { gone: string; failing: string; restored: string; other: string };
  resume: string;
  test: string;
  testSent: string;
  testOf: string;
  event: (position: string) => string;
  tries: (count: string, when: string) => string;
  noAnswer: string;
  again: (when: string) => string;
  over: string;
  taken: string;
}

export const outwardWords: Record<Language, OutwardWords> = {
  en: {
    secrets: "Secrets",
    secretsMore: "Each request is signed with them, as Standard Webhooks has it. Two count at once, so that one can be replaced without a gap.",
    keysMore: "Programs show one as “Authorization: Bearer …”. Two count at once, so that one can be replaced without a gap.",
    keysNone: "No program can use it before there is a secret.",
    secretsNone: "Nothing is sent before there is a secret.",
    make: "Make a secret",
    once: "Copy it now: it is shown this once.",
    secret: (n) => `Secret ${n}`,
    made: (when) => `made ${when}`,
    ended: (when) => `ended ${when}`,
    end: "End it",
    endAsk: "What is signed with it alone is refused by the receiver from then on.",
    secretMade: "Secret made",
    secretEnded: "Secret ended",
    deliveries: "What was not taken at once",
    none: "Everything was taken at once.",
    upTo: (position) => `Told up to position ${position} of the log.`,
    accepted: (when) => `It last took something ${when}.`,
    paused: {
      gone: "Paused: the receiver answered 410, that it is gone.",
      failing: "Paused: nothing was taken for five days.",
      restored: "Paused: a backup was put back. Let it go on when the receiver may hear again what it heard.",
      other: "Paused.",
    },
    resume: "Let it go on",
    test: "Send a test",
    testSent: "A test is on its way",
    testOf: "Test",
    event: (position) => `Position ${position}`,
    tries: (count, when) => `tried ${count}×, last ${when}`,
    noAnswer: "no answer",
    again: (when) => `again ${when}`,
    over: "not tried again",
    taken: "taken",
  },
  es: {
    secrets: "Secretos",
    secretsMore: "Cada petición se firma con ellos, como dice Standard Webhooks. Valen dos a la vez, para cambiar uno sin interrupción.",
    keysMore: "Los programas muestran uno como «Authorization: Bearer …». Valen dos a la vez, para cambiar uno sin interrupción.",
    keysNone: "Ningún programa puede usarla mientras no haya un secreto.",
    secretsNone: "No se envía nada mientras no haya un secreto.",
    make: "Crear un secreto",
    once: "Cópielo ahora: solo se muestra esta vez.",
    secret: (n) => `Secreto ${n}`,
    made: (when) => `creado ${when}`,
    ended: (when) => `terminado ${when}`,
    end: "Terminarlo",
    endAsk: "Desde entonces el receptor rechaza lo que solo esté firmado con él.",
    secretMade: "Secreto creado",
    secretEnded: "Secreto terminado",
    deliveries: "Lo que no se aceptó a la primera",
    none: "Todo se aceptó a la primera.",
    upTo: (position) => `Avisado hasta la posición ${position} del registro.`,
    accepted: (when) => `Aceptó algo por última vez ${when}.`,
    paused: {
      gone: "En pausa: el receptor respondió 410, que ya no existe.",
      failing: "En pausa: no se aceptó nada durante cinco días.",
      restored: "En pausa: se restauró una copia. Déjelo seguir cuando el receptor pueda oír de nuevo lo que ya oyó.",
      other: "En pausa.",
    },
    resume: "Dejarlo seguir",
    test: "Enviar una prueba",
    testSent: "La prueba está en camino",
    testOf: "Prueba",
    event: (position) => `Posición ${position}`,
    tries: (count, when) => `${count} intentos, el último ${when}`,
    noAnswer: "sin respuesta",
    again: (when) => `otra vez ${when}`,
    over: "no se intenta más",
    taken: "aceptado",
  },
  pt: {
    secrets: "Segredos",
    secretsMore: "Cada pedido é assinado com eles, como diz Standard Webhooks. Dois valem ao mesmo tempo, para trocar um sem interrupção.",
    keysMore: "Os programas mostram um como “Authorization: Bearer …”. Dois valem ao mesmo tempo, para trocar um sem interrupção.",
    keysNone: "Nenhum programa a pode usar enquanto não houver um segredo.",
    secretsNone: "Nada é enviado enquanto não houver um segredo.",
    make: "Criar um segredo",
    once: "Copie agora: só é mostrado desta vez.",
    secret: (n) => `Segredo ${n}`,
    made: (when) => `criado ${when}`,
    ended: (when) => `encerrado ${when}`,
    end: "Encerrar",
    endAsk: "A partir daí o receptor recusa o que só estiver assinado com ele.",
    secretMade: "Segredo criado",
    secretEnded: "Segredo encerrado",
    deliveries: "O que não foi aceito de primeira",
    none: "Tudo foi aceito de primeira.",
    upTo: (position) => `Avisado até a posição ${position} do registro.`,
    accepted: (when) => `Aceitou algo pela última vez ${when}.`,
    paused: {
      gone: "Em pausa: o receptor respondeu 410, que não existe mais.",
      failing: "Em pausa: nada foi aceito durante cinco dias.",
      restored: "Em pausa: um backup foi restaurado. Deixe continuar quando o receptor puder ouvir de novo o que já ouviu.",
      other: "Em pausa.",
    },
    resume: "Deixar continuar",
    test: "Enviar um teste",
    testSent: "O teste está a caminho",
    testOf: "Teste",
    event: (position) => `Posição ${position}`,
    tries: (count, when) => `${count} tentativas, a última ${when}`,
    noAnswer: "sem resposta",
    again: (when) => `de novo ${when}`,
    over: "não se tenta mais",
    taken: "aceito",
  },
  ar: {
    secrets: "الأسرار",
    secretsMore: "يوقَّع كل طلب بها كما تقول Standard Webhooks. يصلح اثنان معًا كي يُستبدل أحدهما دون انقطاع.",
    keysMore: "تُظهر البرامج أحدها هكذا: ‎Authorization: Bearer …‎. يصلح اثنان معًا كي يُستبدل أحدهما دون انقطاع.",
    keysNone: "لا يستطيع أي برنامج استعماله قبل أن يوجد سر.",
    secretsNone: "لا يُرسل شيء قبل أن يوجد سر.",
    make: "إنشاء سر",
    once: "انسخه الآن: يظهر هذه المرة فقط.",
    secret: (n) => `السر ${n}`,
    made: (when) => `أُنشئ ${when}`,
    ended: (when) => `انتهى ${when}`,
    end: "إنهاؤه",
    endAsk: "من حينها يرفض المستقبِل ما وُقّع به وحده.",
    secretMade: "أُنشئ سر",
    secretEnded: "انتهى سر",
    deliveries: "ما لم يُقبل من أول مرة",
    none: "قُبل كل شيء من أول مرة.",
    upTo: (position) => `أُبلغ حتى الموضع ${position} من السجل.`,
    accepted: (when) => `قبل شيئًا آخر مرة ${when}.`,
    paused: {
      gone: "متوقف: أجاب المستقبِل 410، أي أنه لم يعد موجودًا.",
      failing: "متوقف: لم يُقبل شيء منذ خمسة أيام.",
      restored: "متوقف: أُعيدت نسخة احتياطية. دعه يتابع حين يجوز أن يسمع المستقبِل ما سمعه من قبل.",
      other: "متوقف.",
    },
    resume: "دعه يتابع",
    test: "إرسال تجربة",
    testSent: "التجربة في الطريق",
    testOf: "تجربة",
    event: (position) => `الموضع ${position}`,
    tries: (count, when) => `المحاولات ${count}، آخرها ${when}`,
    noAnswer: "لا جواب",
    again: (when) => `مجددًا ${when}`,
    over: "لا محاولة أخرى",
    taken: "قُبل",
  },
};

// The log: who did what. Loaded with the settings, in all languages at once.

import type { Event } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export type Kind = Event["type"];

export interface LogWords {
  anyone: string;
  who: string;
  what: string;
  any: string;
  since: string;
  today: string;
  week: string;
  month: string;
  ever: string;
  customer: string;
  server: string;
  verify: string;
  verifying: (checked: string, of: string) => string;
  whole: (checked: string) => string;
  changed: (position: string) => string;
  failed: string;
  unchecked: string;
  rows: string;
  csv: string;
  lines: string;
  empty: string;
  more: string;
  looking: string;
  before: string;
  open: string;
  only: string;
  all: string;
  kind: Record<Exclude<Kind, "head_changed">, string>;
}

const en: LogWords = {
  anyone: "Anyone",
  who: "Who",
  what: "What",
  any: "Any action",
  since: "Since",
  today: "Today",
  week: "Last 7 days",
  month: "Last 30 days",
  ever: "From the start",
  customer: "Customer",
  server: "Baton",
  verify: "Verify now",
  verifying: (checked, of) => `${checked} of ${of} entries`,
  whole: (checked) => `Nothing was changed. All ${checked} entries match the chain.`,
  changed: (position) => `Entry ${position} is not as it was written.`,
  failed: "The log could not be read to its end. Try again.",
  unchecked: "Each entry is chained to the one before it. Verify that nobody changed any.",
  rows: "The command verify-log checks every other row of the database as well.",
  csv: "Save as CSV",
  lines: "Save as JSON lines",
  empty: "Nothing like that was done.",
  more: "Show older entries",
  looking: "Nothing among the newer entries. Look further back.",
  before: "before",
  open: "Open the conversation",
  only: "Only this conversation",
  all: "All conversations",
  kind: {
    conversation_opened: "began a conversation",
    contact_changed: "the contact changed",
    episode_opened: "opened it",
    line_received: "message received",
    line_written: "message written",
    message_changed: "state of a message",
    file_changed: "state of a file",
    line_amended: "changed a message",
    line_understood: "understood a message",
    note_added: "wrote a note",
    coached: "coached the owner",
    owner_changed: "changed the owner",
    status_changed: "changed the status",
    followed: "follows it",
    unfollowed: "follows it no longer",
    tagged: "changed the tags",
    block_changed: "blocked or let in again",
    marketing_changed: "wants no marketing, or wants it again",
    person_changed: "says who else a customer is",
    read_marked: "read it",
    agent_changed: "changed a colleague",
    team_changed: "changed a team",
    membership_changed: "changed who is in a team",
    channel_changed: "changed a number",
    password_set: "set a password",
    device_revoked: "signed a device out",
    invitation_changed: "invited somebody, or ended an invitation",
    setting_changed: "changed a setting",
  },
};

const es: LogWords = {
  anyone: "Cualquiera",
  who: "Quién",
  what: "Qué",
  any: "Cualquier acción",
  since: "Desde",
  today: "Hoy",
  week: "Últimos 7 días",
  month: "Últimos 30 días",
  ever: "Desde el principio",
  customer: "Cliente",
  server: "Baton",
  verify: "Verificar ahora",
  verifying: (checked, of) => `${checked} de ${of} entradas`,
  whole: (checked) => `Nada ha cambiado. Las ${checked} entradas encajan en la cadena.`,
  changed: (position) => `La entrada ${position} no está como se escribió.`,
  failed: "No se pudo leer el registro hasta el final. Inténtalo de nuevo.",
  unchecked: "Cada entrada va encadenada a la anterior. Verifica que nadie cambió ninguna.",
  rows: "La orden verify-log comprueba además todas las demás filas de la base de datos.",
  csv: "Guardar como CSV",
  lines: "Guardar como líneas JSON",
  empty: "No se hizo nada así.",
  more: "Ver entradas anteriores",
  looking: "Nada entre las entradas más recientes. Busca más atrás.",
  before: "antes",
  open: "Abrir la conversación",
  only: "Solo esta conversación",
  all: "Todas las conversaciones",
  kind: {
    conversation_opened: "empezó una conversación",
    contact_changed: "cambió el contacto",
    episode_opened: "la abrió",
    line_received: "mensaje recibido",
    line_written: "mensaje escrito",
    message_changed: "estado de un mensaje",
    file_changed: "estado de un archivo",
    line_amended: "cambió un mensaje",
    line_understood: "entendió un mensaje",
    note_added: "escribió una nota",
    coached: "aconsejó al responsable",
    owner_changed: "cambió el responsable",
    status_changed: "cambió el estado",
    followed: "la sigue",
    unfollowed: "dejó de seguirla",
    tagged: "cambió las etiquetas",
    block_changed: "bloqueó o dejó entrar",
    marketing_changed: "no quiere promociones, o las quiere de nuevo",
    person_changed: "dice quién más es un cliente",
    read_marked: "la leyó",
    agent_changed: "cambió a un compañero",
    team_changed: "cambió un equipo",
    membership_changed: "cambió quién está en un equipo",
    channel_changed: "cambió un número",
    password_set: "puso una contraseña",
    device_revoked: "cerró la sesión de un dispositivo",
    invitation_changed: "invitó a alguien o terminó una invitación",
    setting_changed: "cambió un ajuste",
  },
};

const pt: LogWords = {
  anyone: "Qualquer pessoa",
  who: "Quem",
  what: "O quê",
  any: "Qualquer ação",
  since: "Desde",
  today: "Hoje",
  week: "Últimos 7 dias",
  month: "Últimos 30 dias",
  ever: "Desde o início",
  customer: "Cliente",
  server: "Baton",
  verify: "Verificar agora",
  verifying: (checked, of) => `${checked} de ${of} entradas`,
  whole: (checked) => `Nada foi alterado. As ${checked} entradas encaixam na cadeia.`,
  changed: (position) => `A entrada ${position} não está como foi escrita.`,
  failed: "Não foi possível ler o registo até ao fim. Tenta de novo.",
  unchecked: "Cada entrada está encadeada na anterior. Verifica que ninguém alterou nenhuma.",
  rows: "O comando verify-log verifica também todas as outras linhas da base de dados.",
  csv: "Guardar como CSV",
  lines: "Guardar como linhas JSON",
  empty: "Nada disso foi feito.",
  more: "Ver entradas anteriores",
  looking: "Nada entre as entradas mais recentes. Procura mais atrás.",
  before: "antes",
  open: "Abrir a conversa",
  only: "Só esta conversa",
  all: "Todas as conversas",
  kind: {
    conversation_opened: "começou uma conversa",
    contact_changed: "o contacto mudou",
    episode_opened: "abriu-a",
    line_received: "mensagem recebida",
    line_written: "mensagem escrita",
    message_changed: "estado de uma mensagem",
    file_changed: "estado de um ficheiro",
    line_amended: "alterou uma mensagem",
    line_understood: "entendeu uma mensagem",
    note_added: "escreveu uma nota",
    coached: "aconselhou o responsável",
    owner_changed: "mudou o responsável",
    status_changed: "mudou o estado",
    followed: "segue-a",
    unfollowed: "deixou de a seguir",
    tagged: "mudou as etiquetas",
    block_changed: "bloqueou ou deixou entrar",
    marketing_changed: "não quer promoções, ou quer de novo",
    person_changed: "diz quem mais é um cliente",
    read_marked: "leu-a",
    agent_changed: "alterou um colega",
    team_changed: "alterou uma equipa",
    membership_changed: "alterou quem está numa equipa",
    channel_changed: "alterou um número",
    password_set: "definiu uma palavra-passe",
    device_revoked: "terminou a sessão de um dispositivo",
    invitation_changed: "convidou alguém ou terminou um convite",
    setting_changed: "mudou uma configuração",
  },
};

const ar: LogWords = {
  anyone: "أيّ شخص",
  who: "من",
  what: "ماذا",
  any: "أيّ فعل",
  since: "منذ",
  today: "اليوم",
  week: "آخر 7 أيام",
  month: "آخر 30 يومًا",
  ever: "من البداية",
  customer: "العميل",
  server: "Baton",
  verify: "تحقّق الآن",
  verifying: (checked, of) => `${checked} من ${of} قيدًا`,
  whole: (checked) => `لم يتغيّر شيء. كل القيود وعددها ${checked} تطابق السلسلة.`,
  changed: (position) => `القيد ${position} ليس كما كُتب.`,
  failed: "تعذّرت قراءة السجل إلى آخره. حاول مرة أخرى.",
  unchecked: "كل قيد مربوط بما قبله. تحقّق من أنّ أحدًا لم يغيّر شيئًا.",
  rows: "يتحقق الأمر verify-log أيضًا من كل صف آخر في قاعدة البيانات.",
  csv: "حفظ بصيغة CSV",
  lines: "حفظ بصيغة أسطر JSON",
  empty: "لم يحدث شيء كهذا.",
  more: "عرض قيود أقدم",
  looking: "لا شيء بين القيود الأحدث. ابحث أبعد.",
  before: "قبل ذلك",
  open: "افتح المحادثة",
  only: "هذه المحادثة فقط",
  all: "كل المحادثات",
  kind: {
    conversation_opened: "بدأ محادثة",
    contact_changed: "تغيّرت جهة الاتصال",
    episode_opened: "فتحها",
    line_received: "وصلت رسالة",
    line_written: "كُتبت رسالة",
    message_changed: "حالة رسالة",
    file_changed: "حالة ملف",
    line_amended: "غيّر رسالة",
    line_understood: "فهم رسالة",
    note_added: "كتب ملاحظة",
    coached: "نصح المسؤول",
    owner_changed: "غيّر المسؤول",
    status_changed: "غيّر الحالة",
    followed: "يتابعها",
    unfollowed: "لم يعد يتابعها",
    tagged: "غيّر الوسوم",
    block_changed: "حظر أو سمح من جديد",
    marketing_changed: "لا يريد رسائل ترويجية أو يريدها من جديد",
    person_changed: "يقول من يكون العميل أيضًا",
    read_marked: "قرأها",
    agent_changed: "غيّر زميلًا",
    team_changed: "غيّر فريقًا",
    membership_changed: "غيّر أعضاء فريق",
    channel_changed: "غيّر رقمًا",
    password_set: "عيّن كلمة مرور",
    device_revoked: "أنهى جلسة جهاز",
    invitation_changed: "دعا شخصًا أو أنهى دعوة",
    setting_changed: "غيّر إعدادًا",
  },
};

export const logWords: Record<Language, LogWords> = { en, es, pt, ar };

// Invitations: from the admin's list to the page on which somebody joins. Loaded with these pages,
// in all languages at once.

import type { Problem } from "../invite/table.ts";
import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";
import { arabicChars, plural } from "./plural.ts";
import { LIMITS } from "../wire.ts";

type Over = "invitation_unknown" | "invitation_expired" | "invitation_withdrawn" | "invitation_used";

export interface InviteWords {
  title: string;
  how: string;
  one: string;
  many: string;
  table: string;
  tableHint: string;
  choose: string;
  valid: string;
  days: (count: number) => string;
  go: (count: number) => string;
  people: (count: number) => string;
  more: (count: number) => string;
  wrong: (count: number) => string;
  line: (line: number) => string;
  problem: (problem: Problem) => string;
  links: (count: number) => string;
  once: string;
  link: (name: string) => string;
  code: string;
  codeOf: (name: string) => string;
  copy: string;
  copyAll: string;
  copied: string;
  notCopied: string;
  file: string;
  lost: string;
  doneAnyway: string;
  done: string;
  waiting: (count: number) => string;
  until: (time: string) => string;
  expired: string;
  renew: string;
  withdraw: string;
  withdrawn: string;
  join: string;
  joinTo: (workspace: string) => string;
  joinHow: string;
  joinGo: string;
  later: (workspace: string) => string;
  taken: string;
  passwordHint: string;
  linkIs: Record<Over, string>;
}

type Told = Record<Exclude<Problem["at"], "column" | "missing" | "team">, string> &
  Record<"column" | "missing" | "team", (text: string) => string>;

function telling(told: Told): InviteWords["problem"] {
  return (problem) => {
    if (problem.at === "column" || problem.at === "missing" || problem.at === "team") {
      return told[problem.at](problem.text);
    }
    return told[problem.at];
  };
}

const [nEn, nEs, nPt, nAr] = [plural("en"), plural("es"), plural("pt"), plural("ar")];

const en: InviteWords = {
  title: "Invite",
  how: "How many",
  one: "One person",
  many: "Several, from a table",
  table: "Table",
  tableHint:
    "Paste it or choose a CSV file. The first line names the columns: email, name, and if you like role, teams, capacity. Several teams in a cell: Sales|Support:supervisor",
  choose: "Choose a file",
  valid: "The link is good for",
  days: (count) => nEn(count, { one: "1 day", other: `${count} days` }),
  go: (count) => nEn(count, { one: "Make the link", other: `Make ${count} links` }),
  people: (count) => nEn(count, { one: "1 person", other: `${count} people` }),
  more: (count) => `and ${count} more`,
  wrong: (count) => nEn(count, { one: "1 line is wrong. Nobody was invited.", other: `${count} lines are wrong. Nobody was invited.` }),
  line: (line) => `Line ${line}`,
  problem: telling({
    empty: "There is nobody in the table.",
    too_many: `More than ${LIMITS.invitedAtOnce} people. Split the table.`,
    quotes: "A quotation mark is not closed.",
    cells: "It has more cells than the first line.",
    email: "This is no e-mail address.",
    name: "The name is missing.",
    role: "The role must be agent, supervisor or admin.",
    capacity: "The capacity must be a number.",
    twice: "This address is in the table already.",
    letters: "Letters of this line are lost. Save the table as “CSV UTF-8”.",
    supervisor: "The role agent supervises no team.",
    column: (text) => `There is no column “${text}”.`,
    missing: (text) => `The column “${text}” is missing.`,
    team: (text) => `There is no team “${text}”.`,
  }),
  links: (count) => nEn(count, { one: "The link is ready", other: `${count} links are ready` }),
  once: "Give each person their own link. It is shown only now; later you can make a new one.",
  link: (name) => `Link for ${name}`,
  code: "Code",
  codeOf: (name) => `QR code with the link for ${name}`,
  copy: "Copy link",
  copyAll: "Copy all as a table",
  copied: "Copied",
  notCopied: "The browser does not allow copying. Mark the link and copy it.",
  file: "Save as a file",
  lost: "Nothing was copied. A link that is closed cannot be shown again; a new one can be made.",
  doneAnyway: "Close all the same",
  done: "Done",
  waiting: (count) => nEn(count, { one: "1 person is invited", other: `${count} people are invited` }),
  until: (time) => `Link good until ${time}`,
  expired: "The link has expired",
  renew: "New link",
  withdraw: "Withdraw",
  withdrawn: "The invitation is withdrawn.",
  join: "Join",
  joinTo: (workspace) => `Join ${workspace}`,
  joinHow: "Set a password, and you are in.",
  joinGo: "Join",
  later: (workspace) => `From then on you sign in with this address, the password and the workspace “${workspace}”.`,
  taken: "Somebody is signed in in this browser. Sign out first, or open the link in a private window.",
  passwordHint: `${LIMITS.passwordCharsLeast} characters or more`,
  linkIs: {
    invitation_unknown: "This link is wrong, or there is a newer one. Ask for another link.",
    invitation_expired: "This invitation has expired. Ask for another link.",
    invitation_withdrawn: "This invitation was withdrawn. Ask who invited you.",
    invitation_used: "This invitation was used already. Sign in with your password.",
  },
};

const es: InviteWords = {
  title: "Invitar",
  how: "Cuántas personas",
  one: "Una persona",
  many: "Varias, con una tabla",
  table: "Tabla",
  tableHint:
    "Pégala o elige un archivo CSV. La primera línea nombra las columnas: email, name y, si quieres, role, teams, capacity. Varios equipos en una celda: Sales|Support:supervisor",
  choose: "Elegir un archivo",
  valid: "El enlace sirve durante",
  days: (count) => nEs(count, { one: "1 día", other: `${count} días` }),
  go: (count) => nEs(count, { one: "Crear el enlace", other: `Crear ${count} enlaces` }),
  people: (count) => nEs(count, { one: "1 persona", other: `${count} personas` }),
  more: (count) => `y ${count} más`,
  wrong: (count) => nEs(count, { one: "1 línea está mal. No se invitó a nadie.", other: `${count} líneas están mal. No se invitó a nadie.` }),
  line: (line) => `Línea ${line}`,
  problem: telling({
    empty: "No hay nadie en la tabla.",
    too_many: `Más de ${LIMITS.invitedAtOnce} personas. Divide la tabla.`,
    quotes: "Falta cerrar unas comillas.",
    cells: "Tiene más celdas que la primera línea.",
    email: "No es una dirección de correo.",
    name: "Falta el nombre.",
    role: "El rol debe ser agent, supervisor o admin.",
    capacity: "La capacidad debe ser un número.",
    twice: "Esta dirección ya está en la tabla.",
    letters: "Esta línea ha perdido letras. Guarda la tabla como «CSV UTF-8».",
    supervisor: "El rol agent no supervisa equipos.",
    column: (text) => `No existe la columna «${text}».`,
    missing: (text) => `Falta la columna «${text}».`,
    team: (text) => `No existe el equipo «${text}».`,
  }),
  links: (count) => nEs(count, { one: "El enlace está listo", other: `${count} enlaces están listos` }),
  once: "Da a cada persona su enlace. Solo se muestra ahora; después puedes crear otro.",
  link: (name) => `Enlace para ${name}`,
  code: "Código",
  codeOf: (name) => `Código QR con el enlace para ${name}`,
  copy: "Copiar enlace",
  copyAll: "Copiar todo como tabla",
  copied: "Copiado",
  notCopied: "El navegador no permite copiar. Marca el enlace y cópialo.",
  file: "Guardar como archivo",
  lost: "No se ha copiado nada. Un enlace cerrado no se puede volver a mostrar; se puede crear otro.",
  doneAnyway: "Cerrar de todos modos",
  done: "Listo",
  waiting: (count) => nEs(count, { one: "1 persona invitada", other: `${count} personas invitadas` }),
  until: (time) => `Enlace válido hasta ${time}`,
  expired: "El enlace ha caducado",
  renew: "Enlace nuevo",
  withdraw: "Retirar",
  withdrawn: "La invitación está retirada.",
  join: "Unirse",
  joinTo: (workspace) => `Únete a ${workspace}`,
  joinHow: "Pon una contraseña y ya estás dentro.",
  joinGo: "Unirme",
  later: (workspace) => `Después entrarás con esta dirección, la contraseña y el espacio de trabajo «${workspace}».`,
  taken: "Alguien tiene la sesión abierta en este navegador. Ciérrala antes o abre el enlace en una ventana privada.",
  passwordHint: `${LIMITS.passwordCharsLeast} caracteres o más`,
  linkIs: {
    invitation_unknown: "Este enlace no es correcto o hay uno más nuevo. Pide otro enlace.",
    invitation_expired: "Esta invitación ha caducado. Pide otro enlace.",
    invitation_withdrawn: "Esta invitación fue retirada. Pregunta a quien te invitó.",
    invitation_used: "Esta invitación ya se usó. Entra con tu contraseña.",
  },
};

const pt: InviteWords = {
  title: "Convidar",
  how: "Quantas pessoas",
  one: "Uma pessoa",
  many: "Várias, com uma tabela",
  table: "Tabela",
  tableHint:
    "Cole-a ou escolha um ficheiro CSV. A primeira linha nomeia as colunas: email, name e, se quiser, role, teams, capacity. Várias equipas numa célula: Sales|Support:supervisor",
  choose: "Escolher um ficheiro",
  valid: "A ligação serve durante",
  days: (count) => nPt(count, { one: "1 dia", other: `${count} dias` }),
  go: (count) => nPt(count, { one: "Criar a ligação", other: `Criar ${count} ligações` }),
  people: (count) => nPt(count, { one: "1 pessoa", other: `${count} pessoas` }),
  more: (count) => `e mais ${count}`,
  wrong: (count) => nPt(count, { one: "1 linha está errada. Ninguém foi convidado.", other: `${count} linhas estão erradas. Ninguém foi convidado.` }),
  line: (line) => `Linha ${line}`,
  problem: telling({
    empty: "Não há ninguém na tabela.",
    too_many: `Mais de ${LIMITS.invitedAtOnce} pessoas. Divida a tabela.`,
    quotes: "Falta fechar umas aspas.",
    cells: "Tem mais células do que a primeira linha.",
    email: "Não é um endereço de e-mail.",
    name: "Falta o nome.",
    role: "A função tem de ser agent, supervisor ou admin.",
    capacity: "A capacidade tem de ser um número.",
    twice: "Este endereço já está na tabela.",
    letters: "Esta linha perdeu letras. Guarde a tabela como “CSV UTF-8”.",
    supervisor: "A função agent não supervisiona equipas.",
    column: (text) => `Não existe a coluna “${text}”.`,
    missing: (text) => `Falta a coluna “${text}”.`,
    team: (text) => `Não existe a equipa “${text}”.`,
  }),
  links: (count) => nPt(count, { one: "A ligação está pronta", other: `${count} ligações estão prontas` }),
  once: "Dê a cada pessoa a sua ligação. Só é mostrada agora; depois pode criar outra.",
  link: (name) => `Ligação para ${name}`,
  code: "Código",
  codeOf: (name) => `Código QR com a ligação para ${name}`,
  copy: "Copiar ligação",
  copyAll: "Copiar tudo como tabela",
  copied: "Copiado",
  notCopied: "O navegador não permite copiar. Selecione a ligação e copie-a.",
  file: "Guardar como ficheiro",
  lost: "Nada foi copiado. Uma ligação fechada não volta a ser mostrada; pode criar-se outra.",
  doneAnyway: "Fechar mesmo assim",
  done: "Pronto",
  waiting: (count) => nPt(count, { one: "1 pessoa convidada", other: `${count} pessoas convidadas` }),
  until: (time) => `Ligação válida até ${time}`,
  expired: "A ligação expirou",
  renew: "Nova ligação",
  withdraw: "Retirar",
  withdrawn: "O convite foi retirado.",
  join: "Entrar na equipa",
  joinTo: (workspace) => `Entrar em ${workspace}`,
  joinHow: "Defina uma palavra-passe e está dentro.",
  joinGo: "Entrar",
  later: (workspace) => `Depois entra com este endereço, a palavra-passe e o espaço de trabalho “${workspace}”.`,
  taken: "Alguém tem sessão iniciada neste navegador. Termine-a primeiro ou abra a ligação numa janela privada.",
  passwordHint: `${LIMITS.passwordCharsLeast} caracteres ou mais`,
  linkIs: {
    invitation_unknown: "Esta ligação está errada ou há uma mais recente. Peça outra ligação.",
    invitation_expired: "Este convite expirou. Peça outra ligação.",
    invitation_withdrawn: "Este convite foi retirado. Pergunte a quem o convidou.",
    invitation_used: "Este convite já foi usado. Entre com a sua palavra-passe.",
  },
};

const ar: InviteWords = {
  title: "دعوة",
  how: "كم شخصًا",
  one: "شخص واحد",
  many: "عدة أشخاص من جدول",
  table: "الجدول",
  tableHint:
    "الصقه أو اختر ملف CSV. يسمي السطر الأول الأعمدة: email وname، وإن شئت role وteams وcapacity. عدة فرق في خلية: \u2068Sales|Support:supervisor\u2069",
  choose: "اختر ملفًا",
  valid: "الرابط صالح لمدة",
  days: (count) =>
    nAr(count, { one: "يوم واحد", two: "يومين", few: `${count} أيام`, many: `${count} يومًا`, other: `${count} يوم` }),
  go: (count) =>
    nAr(count, {
      one: "أنشئ الرابط",
      two: "أنشئ رابطين",
      few: `أنشئ ${count} روابط`,
      many: `أنشئ ${count} رابطًا`,
      other: `أنشئ ${count} رابط`,
    }),
  people: (count) =>
    nAr(count, {
      one: "شخص واحد",
      two: "شخصان",
      few: `${count} أشخاص`,
      many: `${count} شخصًا`,
      other: `${count} شخص`,
    }),
  more: (count) => `و${count} غيرهم`,
  wrong: (count) =>
    nAr(count, {
      one: "سطر واحد فيه خطأ. لم يُدعَ أحد.",
      two: "سطران فيهما خطأ. لم يُدعَ أحد.",
      few: `${count} أسطر فيها خطأ. لم يُدعَ أحد.`,
      many: `${count} سطرًا فيها خطأ. لم يُدعَ أحد.`,
      other: `${count} سطر فيها خطأ. لم يُدعَ أحد.`,
    }),
  line: (line) => `السطر ${line}`,
  problem: telling({
    empty: "لا أحد في الجدول.",
    too_many: `أكثر من ${LIMITS.invitedAtOnce} شخص. قسّم الجدول.`,
    quotes: "علامة اقتباس لم تُغلق.",
    cells: "فيه خلايا أكثر من السطر الأول.",
    email: "هذا ليس عنوان بريد إلكتروني.",
    name: "الاسم ناقص.",
    role: "يجب أن يكون الدور agent أو supervisor أو admin.",
    capacity: "يجب أن تكون السعة رقمًا.",
    twice: "هذا العنوان موجود في الجدول.",
    letters: "ضاعت حروف من هذا السطر. احفظ الجدول بصيغة CSV UTF-8.",
    supervisor: "الدور agent لا يشرف على فريق.",
    column: (text) => `لا يوجد عمود باسم ${isolate(text)}.`,
    missing: (text) => `العمود ${isolate(text)} ناقص.`,
    team: (text) => `لا يوجد فريق باسم ${isolate(text)}.`,
  }),
  links: (count) =>
    nAr(count, {
      one: "الرابط جاهز",
      two: "رابطان جاهزان",
      few: `${count} روابط جاهزة`,
      many: `${count} رابطًا جاهزًا`,
      other: `${count} رابط جاهز`,
    }),
  once: "أعط كل شخص رابطه. يظهر الآن فقط؛ ويمكنك لاحقًا إنشاء رابط جديد.",
  link: (name) => `رابط ${isolate(name)}`,
  code: "رمز",
  codeOf: (name) => `رمز QR فيه رابط ${isolate(name)}`,
  copy: "انسخ الرابط",
  copyAll: "انسخ الكل جدولًا",
  copied: "نُسخ",
  notCopied: "المتصفح لا يسمح بالنسخ. حدّد الرابط وانسخه.",
  file: "احفظ ملفًا",
  lost: "لم يُنسخ شيء. الرابط الذي يُغلق لا يُعرض مرة أخرى، ويمكن إنشاء رابط جديد.",
  doneAnyway: "أغلق على أي حال",
  done: "تم",
  waiting: (count) =>
    nAr(count, {
      one: "شخص واحد مدعو",
      two: "شخصان مدعوان",
      few: `${count} أشخاص مدعوون`,
      many: `${count} شخصًا مدعوًا`,
      other: `${count} شخص مدعو`,
    }),
  until: (time) => `الرابط صالح حتى ${time}`,
  expired: "انتهت صلاحية الرابط",
  renew: "رابط جديد",
  withdraw: "سحب",
  withdrawn: "سُحبت الدعوة.",
  join: "انضمام",
  joinTo: (workspace) => `انضم إلى ${isolate(workspace)}`,
  joinHow: "عيّن كلمة مرور وتدخل مباشرة.",
  joinGo: "انضم",
  later: (workspace) => `بعد ذلك تدخل بهذا العنوان وكلمة المرور ومساحة العمل ${isolate(workspace)}.`,
  taken: "هناك من سجّل الدخول في هذا المتصفح. سجّل الخروج أولًا أو افتح الرابط في نافذة خاصة.",
  passwordHint: `${arabicChars(LIMITS.passwordCharsLeast)} أو أكثر`,
  linkIs: {
    invitation_unknown: "هذا الرابط خاطئ أو هناك رابط أحدث. اطلب رابطًا آخر.",
    invitation_expired: "انتهت صلاحية هذه الدعوة. اطلب رابطًا آخر.",
    invitation_withdrawn: "سُحبت هذه الدعوة. اسأل من دعاك.",
    invitation_used: "استُعملت هذه الدعوة. سجّل الدخول بكلمة مرورك.",
  },
};

export const inviteWords: Record<Language, InviteWords> = { en, es, pt, ar };

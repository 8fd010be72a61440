// The first run and what belongs to it, in all languages at once.

import type { Language } from "./index.svelte.ts";

export interface WelcomeWords {
  name: string;
  nameHow: string;
  nameLabel: string;
  logo: string;
  logoHow: string;
  logoChoose: string;
  logoEnd: string;
  saved: string;
  app: string;
  appHow: string;
  appId: string;
  appSecret: string;
  appAdd: string;
  appOperator: string;
  webhook: string;
  webhookHow: string;
  address: string;
  verify: string;
  copy: string;
  webhookDone: (time: string) => string;
  webhookNone: string;
  loopback: string;
  loopbackLink: string;
  number: string;
  numberHow: string;
  checkHow: string;
  practice: string;
  practiceHow: string;
  practicePage: string;
  practiceMark: string;
  practiceAsleep: string;
  practiceRemove: string;
  practiceSure: string;
  practiceGone: string;
  tryHow: string;
  again: string;
}

const en: WelcomeWords = {
  name: "Name the workspace",
  nameHow: "Your team and the people you invite see it.",
  nameLabel: "Name",
  logo: "Logo",
  logoHow: "A PNG, JPEG or WebP of at most 2 MB. It stands in the corner of the desk and where your team signs in.",
  logoChoose: "Choose a picture",
  logoEnd: "Take the logo away",
  saved: "Saved",
  app: "Add your app at Meta",
  appHow: "You find both in the app's settings at Meta, under Basic. The secret is kept sealed and never shown.",
  appId: "App ID",
  appSecret: "App secret",
  appAdd: "Add the app",
  appOperator: "Several workspaces share this server. Its operator adds the app: baton admin meta-app add and grant.",
  webhook: "Give Meta the address",
  webhookHow: "At Meta, under WhatsApp, Configuration: enter both and subscribe to the field “messages”.",
  address: "Callback URL",
  verify: "Verify token",
  copy: "Copy",
  webhookDone: (time) => `Meta sends. The last one came ${time}.`,
  webhookNone: "Nothing has come yet.",
  loopback: "Meta cannot reach this address: it is of this computer alone. Open Baton under its public https address, and copy it there.",
  loopbackLink: "These links work on this computer alone. Open Baton under the address that your colleagues use, and make them there.",
  number: "Connect a number",
  numberHow: "The number's id and a token of a system user are at Meta under WhatsApp, API setup.",
  checkHow: "Each step is asked at Meta. A message in and one out come by themselves.",
  practice: "A number for practice is connected",
  practiceHow: "A simulator stands in for WhatsApp: you play the customers. It opens on the computer on which Baton runs.",
  practicePage: "Play the customers",
  practiceMark: "Practice",
  practiceAsleep: "No simulator runs: start Baton with --try to go on practising.",
  practiceRemove: "Remove it",
  practiceSure: "Its open conversations are resolved. What was said stays to be read.",
  practiceGone: "The number for practice is removed",
  tryHow: "Only trying it out? Start baton serve --try: a number for practice is there, without Meta.",
  again: "You find this page again under Settings.",
};

const es: WelcomeWords = {
  name: "Pon nombre al espacio de trabajo",
  nameHow: "Lo ven tu equipo y las personas que invites.",
  nameLabel: "Nombre",
  logo: "Logotipo",
  logoHow: "Una imagen PNG, JPEG o WebP de hasta 2 MB. Aparece en la esquina del escritorio y donde tu equipo inicia sesión.",
  logoChoose: "Elegir una imagen",
  logoEnd: "Quitar el logotipo",
  saved: "Guardado",
  app: "Añade tu aplicación de Meta",
  appHow: "Ambos están en la configuración básica de la aplicación en Meta. El secreto se guarda sellado y no se muestra nunca.",
  appId: "ID de la aplicación",
  appSecret: "Secreto de la aplicación",
  appAdd: "Añadir la aplicación",
  appOperator: "Varios espacios comparten este servidor. La añade quien lo administra: baton admin meta-app add y grant.",
  webhook: "Da la dirección a Meta",
  webhookHow: "En Meta, en WhatsApp, Configuración: introduce ambos y suscribe el campo «messages».",
  address: "URL de devolución de llamada",
  verify: "Token de verificación",
  copy: "Copiar",
  webhookDone: (time) => `Meta envía. Lo último llegó ${time}.`,
  webhookNone: "Aún no ha llegado nada.",
  loopback: "Meta no alcanza esta dirección: es solo de este ordenador. Abre Baton en su dirección pública https y cópiala allí.",
  loopbackLink: "Estos enlaces funcionan solo en este ordenador. Abre Baton en la dirección que usan tus colegas y créalos allí.",
  number: "Conecta un número",
  numberHow: "El id del número y un token de un usuario del sistema están en Meta, en WhatsApp, Configuración de la API.",
  checkHow: "Cada paso se pregunta a Meta. Un mensaje que entra y otro que sale llegan solos.",
  practice: "Hay un número de prácticas conectado",
  practiceHow: "Un simulador hace de WhatsApp: tú haces de cliente. Se abre en el ordenador en el que corre Baton.",
  practicePage: "Hacer de cliente",
  practiceMark: "Prácticas",
  practiceAsleep: "No corre ningún simulador: inicia Baton con --try para seguir practicando.",
  practiceRemove: "Quitarlo",
  practiceSure: "Sus conversaciones abiertas se resuelven. Lo dicho se puede seguir leyendo.",
  practiceGone: "El número de prácticas está quitado",
  tryHow: "¿Solo quieres probarlo? Inicia baton serve --try: hay un número de prácticas, sin Meta.",
  again: "Encuentras esta página de nuevo en Ajustes.",
};

const pt: WelcomeWords = {
  name: "Dê um nome ao espaço de trabalho",
  nameHow: "Sua equipe e as pessoas convidadas o veem.",
  nameLabel: "Nome",
  logo: "Logótipo",
  logoHow: "Uma imagem PNG, JPEG ou WebP até 2 MB. Aparece no canto do painel e onde a sua equipa entra.",
  logoChoose: "Escolher uma imagem",
  logoEnd: "Retirar o logótipo",
  saved: "Salvo",
  app: "Adicione seu aplicativo da Meta",
  appHow: "Ambos estão nas configurações básicas do aplicativo na Meta. A chave secreta fica selada e nunca é mostrada.",
  appId: "ID do aplicativo",
  appSecret: "Chave secreta do aplicativo",
  appAdd: "Adicionar o aplicativo",
  appOperator: "Vários espaços dividem este servidor. Quem o opera adiciona o aplicativo: baton admin meta-app add e grant.",
  webhook: "Dê o endereço à Meta",
  webhookHow: "Na Meta, em WhatsApp, Configuração: informe ambos e assine o campo “messages”.",
  address: "URL de callback",
  verify: "Token de verificação",
  copy: "Copiar",
  webhookDone: (time) => `A Meta envia. O último chegou ${time}.`,
  webhookNone: "Nada chegou ainda.",
  loopback: "A Meta não alcança este endereço: ele é só deste computador. Abra o Baton no endereço público https e copie-o lá.",
  loopbackLink: "Estes links só funcionam neste computador. Abra o Baton no endereço que seus colegas usam e crie-os lá.",
  number: "Conecte um número",
  numberHow: "O id do número e um token de usuário do sistema estão na Meta, em WhatsApp, Configuração da API.",
  checkHow: "Cada passo é perguntado à Meta. Uma mensagem que entra e outra que sai aparecem sozinhas.",
  practice: "Há um número de prática conectado",
  practiceHow: "Um simulador faz o papel do WhatsApp: você faz o papel dos clientes. Ele abre no computador em que o Baton roda.",
  practicePage: "Fazer o papel dos clientes",
  practiceMark: "Prática",
  practiceAsleep: "Nenhum simulador está rodando: inicie o Baton com --try para continuar praticando.",
  practiceRemove: "Remover",
  practiceSure: "Suas conversas abertas são resolvidas. O que foi dito continua legível.",
  practiceGone: "O número de prática foi removido",
  tryHow: "Só quer experimentar? Inicie baton serve --try: há um número de prática, sem a Meta.",
  again: "Você encontra esta página de novo em Configurações.",
};

const ar: WelcomeWords = {
  name: "سمِّ مساحة العمل",
  nameHow: "يراه فريقك ومن تدعوهم.",
  nameLabel: "الاسم",
  logo: "الشعار",
  logoHow: "صورة PNG أو JPEG أو WebP حتى 2 ميغابايت. تظهر في زاوية المكتب وحيث يسجّل فريقك الدخول.",
  logoChoose: "اختر صورة",
  logoEnd: "إزالة الشعار",
  saved: "تم الحفظ",
  app: "أضف تطبيقك لدى Meta",
  appHow: "تجدهما في الإعدادات الأساسية للتطبيق لدى Meta. يُحفظ السر مختومًا ولا يُعرض أبدًا.",
  appId: "معرّف التطبيق",
  appSecret: "سر التطبيق",
  appAdd: "إضافة التطبيق",
  appOperator: "عدة مساحات تتشارك هذا الخادم. يضيف مشغّله التطبيق: baton admin meta-app add ثم grant.",
  webhook: "أعطِ Meta العنوان",
  webhookHow: "لدى Meta، تحت WhatsApp ثم Configuration: أدخل الاثنين واشترك في الحقل “messages”.",
  address: "عنوان الاستدعاء",
  verify: "رمز التحقق",
  copy: "نسخ",
  webhookDone: (time) => `ترسل Meta. وصل آخرها ${time}.`,
  webhookNone: "لم يصل شيء بعد.",
  loopback: "لا تصل Meta إلى هذا العنوان: هو لهذا الحاسوب وحده. افتح Baton بعنوانه العام https وانسخه من هناك.",
  loopbackLink: "تعمل هذه الروابط على هذا الحاسوب وحده. افتح Baton بالعنوان الذي يستعمله زملاؤك وأنشئها هناك.",
  number: "صِل رقمًا",
  numberHow: "معرّف الرقم ورمز مستخدم النظام لدى Meta تحت WhatsApp ثم API setup.",
  checkHow: "تُسأل Meta عن كل خطوة. أما رسالة واردة وأخرى صادرة فتظهران من نفسيهما.",
  practice: "رقم للتدريب متصل",
  practiceHow: "يقوم محاكٍ مقام WhatsApp: أنت تؤدي دور العملاء. يُفتح على الحاسوب الذي يعمل عليه Baton.",
  practicePage: "أداء دور العملاء",
  practiceMark: "تدريب",
  practiceAsleep: "لا يعمل أي محاكٍ: شغّل Baton مع ‎--try لمتابعة التدريب.",
  practiceRemove: "إزالته",
  practiceSure: "تُحلّ محادثاته المفتوحة. ويبقى ما قيل للقراءة.",
  practiceGone: "أُزيل رقم التدريب",
  tryHow: "تريد التجربة فقط؟ شغّل baton serve --try: هناك رقم للتدريب بلا Meta.",
  again: "تجد هذه الصفحة من جديد في الإعدادات.",
};

export const welcomeWords: Record<Language, WelcomeWords> = { en, es, pt, ar };

// What rules did, and the ready ones: loaded where they are drawn, in all languages at once.

import type { Language } from "./index.svelte.ts";

/** The ready rules, in the order in which they are offered. */
export const PRESETS = [
  "acknowledge",
  "closed",
  "unanswered",
  "unassigned",
  "window",
  "window_lead",
  "follow_up",
  "follow_up_lead",
  "vip",
  "leads",
  "ads",
  "sort",
  "language",
  "topic",
  "pass_on",
  "thanks",
  "on_call",
  "late_joiners",
  "opt_out",
  "machine",
] as const;
export type Preset = (typeof PRESETS)[number];
/** What somebody chooses for a ready rule before it is on. */
export type Blank = "schedule" | "tag" | "team" | "words" | "language" | "until";

export interface RuleWords {
  /** A rule ran: its name, and what it did. */
  ran: (name: string, did: string) => string;
  /** None of its steps could be done. */
  nothing: string;
  skipped: (steps: string) => string;
  cut: string;
  steps: Record<string, string>;
  tag: (name: string) => string;
  untag: (name: string) => string;
  route: (team: string) => string;
  why: Record<string, string>;
  ready: string;
  readyMore: string;
  turnOn: string;
  isOn: string;
  presets: Record<Preset, { name: string; more: string }>;
  texts: {
    acknowledge: string;
    closed: string;
    vip: string;
    thanks: readonly string[];
    late: string;
    optOut: readonly string[];
    optedOut: string;
  };
  /** What a ready rule leaves to be chosen. */
  blanks: Record<Blank, string>;
  blankNone: string;
  dry: string;
  dryMore: string;
  dryRun: string;
  days: (count: number) => string;
  wouldRun: (count: number, conversations: number) => string;
  none: string;
  cutRun: string;
  trial: {
    title: string;
    more: string;
    text: string;
    where: string;
    whereHint: string;
    /** What was pasted is the address of no conversation. */
    noWhere: string;
    ask: string;
    fates: Record<string, string>;
    waits: (time: string) => string;
    holds: string;
    holdsNot: string;
  };
}

const counted = (locale: string) => {
  const format = new Intl.NumberFormat(locale);
  return (value: number) => format.format(value);
};
const [nEn, nEs, nPt, nAr] = ["en", "es", "pt", "ar"].map(counted) as [
  (value: number) => string,
  (value: number) => string,
  (value: number) => string,
  (value: number) => string,
];

export const ruleWords: Record<Language, RuleWords> = {
  en: {
    ran: (name, did) => `Rule “${name}”: ${did}`,
    nothing: "nothing could be done",
    skipped: (steps) => `not done: ${steps}`,
    cut: "too many rules ran, the others were left out",
    steps: {
      note: "note",
      reply: "told the customer",
      notify_owner: "called the owner",
      notify_team: "called the team",
      notify_supervisors: "called the supervisors",
      mark_waiting: "waits for the customer",
      snooze: "snoozed",
      resolve: "resolved",
      priority: "priority",
      stop_marketing: "wants no marketing",
      tag: "tag",
      untag: "took a tag off",
      route: "another team",
    },
    tag: (name) => `tag ${name}`,
    untag: (name) => `took off ${name}`,
    route: (team) => `to ${team}`,
    why: {
      window_closed: "the 24 hours are over",
      blocked: "the customer is blocked",
      ended: "what it names has ended",
      owned_by_person: "somebody owns it",
      already: "it was so already",
      too_late: "it came too late",
      limit: "so much happened by itself already",
      group: "it is a group",
    },
    ready: "Ready rules",
    readyMore: "Each can be changed once it is on.",
    turnOn: "Turn on",
    isOn: "On",
    presets: {
      acknowledge: { name: "Acknowledge", more: "Who writes while nobody owns the conversation is told that the message came." },
      unanswered: { name: "Two hours without an answer", more: "The owner is called." },
      unassigned: { name: "Ten minutes without an owner", more: "The team is called." },
      follow_up: { name: "Follow up", more: "The owner is called when nothing was said for eight hours." },
      follow_up_lead: { name: "Follow up, then the lead", more: "Supervisors are called when nothing was said for sixteen hours." },
      closed: { name: "Closed", more: "A customer who writes while you are closed is told so." },
      window: { name: "Two hours left to answer", more: "The owner is called before WhatsApp’s 24 hours are over." },
      window_lead: { name: "Half an hour left to answer", more: "Supervisors are called." },
      vip: { name: "VIP", more: "Supervisors are called when somebody with a tag of yours writes, and a note says so." },
      leads: { name: "New customers to a team", more: "A customer’s very first message goes to a team, with a tag." },
      ads: { name: "From an advertisement", more: "Who writes from an advertisement goes to a team, with a tag." },
      sort: { name: "Sort by words", more: "Messages with your words get a tag and go to a team." },
      language: { name: "By language", more: "Customers who write this language go to a team that answers in it." },
      topic: { name: "Tag by words", more: "Messages with your words get a tag, and stay where they are." },
      pass_on: { name: "A tag’s team", more: "A conversation that gets your tag goes to a team. People and rules may put the tag on." },
      thanks: { name: "Thanks", more: "A bare “thanks” is resolved, and nobody is disturbed." },
      on_call: { name: "After hours to those on call", more: "A customer who writes while you are closed is told so, and goes to the team on call." },
      late_joiners: { name: "Late joiners", more: "While something is down: who asks about it is told that you know, and gets a tag. It ends by itself." },
      opt_out: { name: "No more marketing", more: "A bare “stop” ends marketing to that customer. Everything else goes on." },
      machine: { name: "A machine?", more: "Where so many automatic messages were sent that one was left out, the conversation gets a tag and the team is called." },
    },
    texts: {
      acknowledge: "Thank you, we have your message. Somebody will answer soon.",
      closed: "Thank you for your message. We are closed right now and answer when we are back.",
      vip: "VIP: answer first",
      thanks: ["thanks", "thank you", "ok thanks", "thx"],
      late: "We know about this and are working on it. We write as soon as it is mended.",
      optOut: ["STOP", "stop", "unsubscribe", "no more ads"],
      optedOut: "The customer wants no more marketing",
    },
    blanks: { schedule: "Schedule", tag: "Tag", team: "Team", words: "Words, with commas between them", language: "Language", until: "Last day" },
    blankNone: "Make one first under Settings.",
    dry: "Try on the past",
    dryMore: "What all rules of this page would have done, also those that are off. What they would have changed later is not played on.",
    dryRun: "Try them",
    days: (count) => `the last ${nEn(count)} days`,
    wouldRun: (count, conversations) => `Runs: ${nEn(count)}. Conversations looked at: ${nEn(conversations)}`,
    none: "Nothing would have happened.",
    cutRun: "There was more than is looked at.",
    trial: {
      title: "Try a message",
      more: "Nobody sends it, and nothing is done. Rules that are off count as on.",
      text: "Message",
      where: "In a conversation",
      whereHint: "Paste its address. Empty: a new customer writes.",
      noWhere: "This is no address of a conversation.",
      ask: "Try it",
      fates: {
        runs: "runs",
        off: "is off",
        not_woken: "not woken by this",
        tests: "a test does not hold",
        spent: "has run as often as it may",
        stopped: "a rule before it stops",
        cut: "too many rules run",
      },
      waits: (time) => `waits until ${time}`,
      holds: "holds",
      holdsNot: "does not hold",
    },
  },
  es: {
    ran: (name, did) => `Regla «${name}»: ${did}`,
    nothing: "no se pudo hacer nada",
    skipped: (steps) => `sin hacer: ${steps}`,
    cut: "se ejecutaron demasiadas reglas, las demás se omitieron",
    steps: {
      note: "nota",
      reply: "avisó al cliente",
      notify_owner: "llamó al responsable",
      notify_team: "llamó al equipo",
      notify_supervisors: "llamó a los supervisores",
      mark_waiting: "espera al cliente",
      snooze: "pospuesta",
      resolve: "resuelta",
      priority: "prioridad",
      stop_marketing: "no quiere publicidad",
      tag: "etiqueta",
      untag: "quitó una etiqueta",
      route: "otro equipo",
    },
    tag: (name) => `etiqueta ${name}`,
    untag: (name) => `quitó ${name}`,
    route: (team) => `a ${team}`,
    why: {
      window_closed: "pasaron las 24 horas",
      blocked: "el cliente está bloqueado",
      ended: "lo que nombra ya no existe",
      owned_by_person: "alguien la lleva",
      already: "ya estaba así",
      too_late: "llegó demasiado tarde",
      limit: "ya pasó mucho por sí solo",
      group: "es un grupo",
    },
    ready: "Reglas listas",
    readyMore: "Cada una se puede cambiar cuando está activa.",
    turnOn: "Activar",
    isOn: "Activa",
    presets: {
      acknowledge: { name: "Acuse de recibo", more: "A quien escribe cuando nadie lleva la conversación se le dice que el mensaje llegó." },
      unanswered: { name: "Dos horas sin respuesta", more: "Se llama al responsable." },
      unassigned: { name: "Diez minutos sin responsable", more: "Se llama al equipo." },
      follow_up: { name: "Seguimiento", more: "Se llama al responsable cuando no se ha dicho nada en ocho horas." },
      follow_up_lead: { name: "Seguimiento, luego el supervisor", more: "Se llama a los supervisores cuando no se ha dicho nada en dieciséis horas." },
      closed: { name: "Cerrado", more: "A quien escribe cuando está cerrado se le dice." },
      window: { name: "Quedan dos horas para responder", more: "Se llama al responsable antes de que pasen las 24 horas de WhatsApp." },
      window_lead: { name: "Queda media hora para responder", more: "Se llama a los supervisores." },
      vip: { name: "VIP", more: "Se llama a los supervisores cuando escribe alguien con una etiqueta tuya, y una nota lo dice." },
      leads: { name: "Clientes nuevos a un equipo", more: "El primer mensaje de un cliente va a un equipo, con una etiqueta." },
      ads: { name: "Desde un anuncio", more: "Quien escribe desde un anuncio va a un equipo, con una etiqueta." },
      sort: { name: "Ordenar por palabras", more: "Los mensajes con tus palabras reciben una etiqueta y van a un equipo." },
      language: { name: "Por idioma", more: "Los clientes que escriben en este idioma van a un equipo que responde en él." },
      topic: { name: "Etiquetar por palabras", more: "Los mensajes con tus palabras reciben una etiqueta y se quedan donde están." },
      pass_on: { name: "El equipo de una etiqueta", more: "Una conversación que recibe tu etiqueta va a un equipo. La pueden poner personas y reglas." },
      thanks: { name: "Gracias", more: "Un simple «gracias» se resuelve, y no se molesta a nadie." },
      on_call: { name: "Fuera de horario a la guardia", more: "A quien escribe cuando está cerrado se le dice, y va al equipo de guardia." },
      late_joiners: { name: "Los que llegan tarde", more: "Mientras algo falla: a quien pregunta se le dice que ya se sabe, y recibe una etiqueta. Termina sola." },
      opt_out: { name: "Sin publicidad", more: "Un simple «baja» termina la publicidad para ese cliente. Lo demás sigue." },
      machine: { name: "¿Una máquina?", more: "Donde se enviaron tantos mensajes automáticos que uno se omitió, la conversación recibe una etiqueta y se llama al equipo." },
    },
    texts: {
      acknowledge: "Gracias, hemos recibido tu mensaje. Alguien te responderá pronto.",
      closed: "Gracias por tu mensaje. Ahora está cerrado; te respondemos al volver.",
      vip: "VIP: responder primero",
      thanks: ["gracias", "muchas gracias", "ok gracias", "vale gracias"],
      late: "Ya lo sabemos y estamos trabajando en ello. Te escribimos en cuanto esté resuelto.",
      optOut: ["BAJA", "STOP", "no más publicidad", "darme de baja"],
      optedOut: "El cliente no quiere más publicidad",
    },
    blanks: { schedule: "Horario", tag: "Etiqueta", team: "Equipo", words: "Palabras, separadas por comas", language: "Idioma", until: "Último día" },
    blankNone: "Crea uno primero en Ajustes.",
    dry: "Probar con el pasado",
    dryMore: "Lo que habrían hecho todas las reglas de esta página, también las inactivas. Lo que habrían cambiado después no se sigue.",
    dryRun: "Probarlas",
    days: (count) => `los últimos ${nEs(count)} días`,
    wouldRun: (count, conversations) => `Ejecuciones: ${nEs(count)}. Conversaciones miradas: ${nEs(conversations)}`,
    none: "No habría pasado nada.",
    cutRun: "Había más de lo que se mira.",
    trial: {
      title: "Probar un mensaje",
      more: "Nadie lo envía y no se hace nada. Las reglas apagadas cuentan como encendidas.",
      text: "Mensaje",
      where: "En una conversación",
      whereHint: "Pegue su dirección. Vacío: escribe un cliente nuevo.",
      noWhere: "No es la dirección de una conversación.",
      ask: "Probar",
      fates: {
        runs: "se ejecuta",
        off: "está apagada",
        not_woken: "esto no la despierta",
        tests: "una condición no se cumple",
        spent: "ya se ejecutó las veces permitidas",
        stopped: "una regla anterior la detiene",
        cut: "se ejecutan demasiadas reglas",
      },
      waits: (time) => `espera hasta ${time}`,
      holds: "se cumple",
      holdsNot: "no se cumple",
    },
  },
  pt: {
    ran: (name, did) => `Regra “${name}”: ${did}`,
    nothing: "nada pôde ser feito",
    skipped: (steps) => `por fazer: ${steps}`,
    cut: "correram regras a mais, as outras ficaram de fora",
    steps: {
      note: "nota",
      reply: "avisou o cliente",
      notify_owner: "chamou o responsável",
      notify_team: "chamou a equipa",
      notify_supervisors: "chamou os supervisores",
      mark_waiting: "espera pelo cliente",
      snooze: "adiada",
      resolve: "resolvida",
      priority: "prioridade",
      stop_marketing: "não quer publicidade",
      tag: "etiqueta",
      untag: "tirou uma etiqueta",
      route: "outra equipa",
    },
    tag: (name) => `etiqueta ${name}`,
    untag: (name) => `tirou ${name}`,
    route: (team) => `para ${team}`,
    why: {
      window_closed: "as 24 horas passaram",
      blocked: "o cliente está bloqueado",
      ended: "o que nomeia já não existe",
      owned_by_person: "alguém a tem",
      already: "já estava assim",
      too_late: "veio tarde demais",
      limit: "já aconteceu muito por si",
      group: "é um grupo",
    },
    ready: "Regras prontas",
    readyMore: "Cada uma pode ser mudada depois de ligada.",
    turnOn: "Ligar",
    isOn: "Ligada",
    presets: {
      acknowledge: { name: "Confirmar receção", more: "A quem escreve quando ninguém tem a conversa é dito que a mensagem chegou." },
      unanswered: { name: "Duas horas sem resposta", more: "O responsável é chamado." },
      unassigned: { name: "Dez minutos sem responsável", more: "A equipa é chamada." },
      follow_up: { name: "Seguimento", more: "O responsável é chamado quando nada foi dito em oito horas." },
      follow_up_lead: { name: "Seguimento, depois o supervisor", more: "Os supervisores são chamados quando nada foi dito em dezasseis horas." },
      closed: { name: "Fechado", more: "A quem escreve quando está fechado isso é dito." },
      window: { name: "Faltam duas horas para responder", more: "O responsável é chamado antes de passarem as 24 horas do WhatsApp." },
      window_lead: { name: "Falta meia hora para responder", more: "Os supervisores são chamados." },
      vip: { name: "VIP", more: "Os supervisores são chamados quando escreve alguém com uma etiqueta tua, e uma nota o diz." },
      leads: { name: "Clientes novos para uma equipa", more: "A primeira mensagem de um cliente vai para uma equipa, com uma etiqueta." },
      ads: { name: "De um anúncio", more: "Quem escreve a partir de um anúncio vai para uma equipa, com uma etiqueta." },
      sort: { name: "Ordenar por palavras", more: "Mensagens com as tuas palavras recebem uma etiqueta e vão para uma equipa." },
      language: { name: "Por língua", more: "Os clientes que escrevem nesta língua vão para uma equipa que responde nela." },
      topic: { name: "Etiquetar por palavras", more: "Mensagens com as tuas palavras recebem uma etiqueta e ficam onde estão." },
      pass_on: { name: "A equipa de uma etiqueta", more: "Uma conversa que recebe a tua etiqueta vai para uma equipa. Podem pô-la pessoas e regras." },
      thanks: { name: "Obrigado", more: "Um simples “obrigado” é resolvido, e ninguém é incomodado." },
      on_call: { name: "Fora de horas para quem está de serviço", more: "A quem escreve quando está fechado isso é dito, e a conversa vai para a equipa de serviço." },
      late_joiners: { name: "Quem chega mais tarde", more: "Enquanto algo falha: a quem pergunta é dito que já se sabe, e recebe uma etiqueta. Termina sozinha." },
      opt_out: { name: "Sem publicidade", more: "Um simples “sair” termina a publicidade para esse cliente. O resto continua." },
      machine: { name: "Uma máquina?", more: "Onde foram enviadas tantas mensagens automáticas que uma ficou de fora, a conversa recebe uma etiqueta e a equipa é chamada." },
    },
    texts: {
      acknowledge: "Obrigado, recebemos a tua mensagem. Alguém responderá em breve.",
      closed: "Obrigado pela tua mensagem. Agora estamos fechados; respondemos ao voltar.",
      vip: "VIP: responder primeiro",
      thanks: ["obrigado", "obrigada", "muito obrigado", "ok obrigado"],
      late: "Já sabemos e estamos a trabalhar nisso. Escrevemos assim que estiver resolvido.",
      optOut: ["SAIR", "PARAR", "STOP", "sem publicidade"],
      optedOut: "O cliente não quer mais publicidade",
    },
    blanks: { schedule: "Horário", tag: "Etiqueta", team: "Equipa", words: "Palavras, separadas por vírgulas", language: "Língua", until: "Último dia" },
    blankNone: "Cria um primeiro nas Definições.",
    dry: "Experimentar no passado",
    dryMore: "O que todas as regras desta página teriam feito, também as desligadas. O que teriam mudado depois não é seguido.",
    dryRun: "Experimentar",
    days: (count) => `os últimos ${nPt(count)} dias`,
    wouldRun: (count, conversations) => `Execuções: ${nPt(count)}. Conversas vistas: ${nPt(conversations)}`,
    none: "Nada teria acontecido.",
    cutRun: "Havia mais do que é visto.",
    trial: {
      title: "Testar uma mensagem",
      more: "Ninguém a envia e nada é feito. Regras desligadas contam como ligadas.",
      text: "Mensagem",
      where: "Numa conversa",
      whereHint: "Cole o endereço dela. Vazio: um cliente novo escreve.",
      noWhere: "Não é o endereço de uma conversa.",
      ask: "Testar",
      fates: {
        runs: "é executada",
        off: "está desligada",
        not_woken: "isto não a desperta",
        tests: "uma condição não se cumpre",
        spent: "já foi executada tantas vezes quanto pode",
        stopped: "uma regra anterior a detém",
        cut: "regras demais são executadas",
      },
      waits: (time) => `espera até ${time}`,
      holds: "cumpre-se",
      holdsNot: "não se cumpre",
    },
  },
  ar: {
    ran: (name, did) => `القاعدة «${name}»: ${did}`,
    nothing: "لم يمكن فعل شيء",
    skipped: (steps) => `لم يُفعل: ${steps}`,
    cut: "عملت قواعد كثيرة، وتُركت الأخرى",
    steps: {
      note: "ملاحظة",
      reply: "أخبرت العميل",
      notify_owner: "نبّهت المسؤول",
      notify_team: "نبّهت الفريق",
      notify_supervisors: "نبّهت المشرفين",
      mark_waiting: "بانتظار العميل",
      snooze: "أُجّلت",
      resolve: "حُلّت",
      priority: "أولوية",
      stop_marketing: "لا يريد تسويقًا",
      tag: "وسم",
      untag: "أزالت وسمًا",
      route: "فريق آخر",
    },
    tag: (name) => `الوسم ${name}`,
    untag: (name) => `أزالت ${name}`,
    route: (team) => `إلى ${team}`,
    why: {
      window_closed: "انتهت الأربع والعشرون ساعة",
      blocked: "العميل محظور",
      ended: "ما تسمّيه انتهى",
      owned_by_person: "لها مسؤول",
      already: "كانت كذلك",
      too_late: "جاءت متأخرة",
      limit: "حدث الكثير من تلقاء نفسه",
      group: "إنها مجموعة",
    },
    ready: "قواعد جاهزة",
    readyMore: "يمكن تغيير كل منها بعد تفعيلها.",
    turnOn: "تفعيل",
    isOn: "مفعّلة",
    presets: {
      acknowledge: { name: "إشعار بالاستلام", more: "من يكتب ولا أحد مسؤول عن المحادثة يُخبَر بأن رسالته وصلت." },
      unanswered: { name: "ساعتان بلا إجابة", more: "يُنبَّه المسؤول." },
      unassigned: { name: "عشر دقائق بلا مسؤول", more: "يُنبَّه الفريق." },
      follow_up: { name: "متابعة", more: "يُنبَّه المسؤول حين لا يُقال شيء ثماني ساعات." },
      follow_up_lead: { name: "متابعة ثم المشرف", more: "يُنبَّه المشرفون حين لا يُقال شيء ست عشرة ساعة." },
      closed: { name: "خارج الدوام", more: "من يكتب خارج الدوام يُخبَر بذلك." },
      window: { name: "بقيت ساعتان للإجابة", more: "يُنبَّه المسؤول قبل انتهاء ساعات واتساب الأربع والعشرين." },
      window_lead: { name: "بقيت نصف ساعة للإجابة", more: "يُنبَّه المشرفون." },
      vip: { name: "عميل مهم", more: "يُنبَّه المشرفون حين يكتب من يحمل وسمًا تختاره، وتقول ذلك ملاحظة." },
      leads: { name: "العملاء الجدد إلى فريق", more: "أول رسالة من عميل تذهب إلى فريق مع وسم." },
      ads: { name: "من إعلان", more: "من يكتب من إعلان يذهب إلى فريق مع وسم." },
      sort: { name: "الفرز بالكلمات", more: "الرسائل التي فيها كلماتك تُوسم وتذهب إلى فريق." },
      language: { name: "حسب اللغة", more: "العملاء الذين يكتبون بهذه اللغة يذهبون إلى فريق يجيب بها." },
      topic: { name: "الوسم بالكلمات", more: "الرسائل التي فيها كلماتك تُوسم وتبقى مكانها." },
      pass_on: { name: "فريق الوسم", more: "المحادثة التي تحصل على وسمك تذهب إلى فريق. قد يضع الوسم أشخاص أو قواعد." },
      thanks: { name: "شكرًا", more: "كلمة «شكرًا» وحدها تُحلّ، ولا يُزعَج أحد." },
      on_call: { name: "خارج الدوام إلى المناوبين", more: "من يكتب وأنتم مغلقون يُخبَر بذلك، وتذهب المحادثة إلى فريق المناوبة." },
      late_joiners: { name: "من يصلون متأخرين", more: "أثناء عطل ما: من يسأل عنه يُخبَر أنكم تعلمون به، ويحصل على وسم. وتنتهي القاعدة وحدها." },
      opt_out: { name: "لا مزيد من التسويق", more: "كلمة «إيقاف» وحدها تنهي التسويق لهذا العميل. ويستمر ما عدا ذلك." },
      machine: { name: "آلة؟", more: "حيث أُرسلت رسائل تلقائية كثيرة حتى تُركت واحدة، تحصل المحادثة على وسم ويُنادى الفريق." },
    },
    texts: {
      acknowledge: "شكرًا لك، وصلتنا رسالتك. سيجيبك أحدنا قريبًا.",
      closed: "شكرًا لرسالتك. نحن خارج الدوام الآن وسنجيبك حين نعود.",
      vip: "عميل مهم: أجب أولًا",
      thanks: ["شكرا", "شكرا جزيلا", "تسلم", "مشكور"],
      late: "نعلم بهذا ونعمل على إصلاحه. سنكتب إليك فور إصلاحه.",
      optOut: ["إيقاف", "توقف", "إلغاء الاشتراك", "STOP"],
      optedOut: "لا يريد العميل مزيدًا من التسويق",
    },
    blanks: { schedule: "جدول الدوام", tag: "وسم", team: "فريق", words: "كلمات بينها فواصل", language: "اللغة", until: "آخر يوم" },
    blankNone: "أنشئ واحدًا أولًا في الإعدادات.",
    dry: "تجربة على الماضي",
    dryMore: "ما كانت ستفعله كل قواعد هذه الصفحة، وغير المفعّلة أيضًا. وما كانت ستغيّره لاحقًا لا يُتابَع.",
    dryRun: "جرّبها",
    days: (count) => `آخر ${nAr(count)} أيام`,
    wouldRun: (count, conversations) => `مرات التشغيل: ${nAr(count)}. المحادثات التي نُظر فيها: ${nAr(conversations)}`,
    none: "لم يكن ليحدث شيء.",
    cutRun: "كان هناك أكثر مما يُنظر فيه.",
    trial: {
      title: "جرّب رسالة",
      more: "لا يرسلها أحد ولا يُنفَّذ شيء. القواعد المتوقفة تُحسب كأنها تعمل.",
      text: "الرسالة",
      where: "في محادثة",
      whereHint: "الصق عنوانها. إذا تُرك فارغًا يكتب عميل جديد.",
      noWhere: "هذا ليس عنوان محادثة.",
      ask: "جرّب",
      fates: {
        runs: "تعمل",
        off: "متوقفة",
        not_woken: "هذا لا يوقظها",
        tests: "شرط لا يتحقق",
        spent: "عملت بقدر ما يُسمح لها",
        stopped: "قاعدة قبلها توقفها",
        cut: "قواعد كثيرة جدًا تعمل",
      },
      waits: (time) => `تنتظر حتى ${time}`,
      holds: "يتحقق",
      holdsNot: "لا يتحقق",
    },
  },
};

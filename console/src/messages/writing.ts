// What can be written beside texts: voice notes, places, cards, choices, emoji, times. Loaded with
// the parts that say it, in all languages at once.

import type { Field, Kind, Wrong } from "../write/kinds.ts";
import type { Silence } from "../voice/recorder.svelte.ts";
import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";

type Label = Exclude<Field, `row-${number}`>;

export interface WritingWords {
  voice: {
    title: string;
    asking: string;
    recording: string;
    stop: string;
    discard: string;
    cut: string;
    silence: Record<Silence, string>;
  };
  titles: Record<Kind, string>;
  fields: Record<Label, string>;
  whereHint: string;
  listButton: string;
  linkButton: string;
  choice: (n: string) => string;
  small: (n: string) => string;
  add: string;
  remove: (n: string) => string;
  wrong: Record<Wrong, string>;
  emoji: { title: string; find: string; none: string; recent: string; groups: Record<string, string> };
  snooze: { title: string; until: string; past: string };
}

const groups = (names: string[]): Record<string, string> =>
  Object.fromEntries(
    ["smileys_emotion", "people_body", "animals_nature", "food_drink", "travel_places", "activities", "objects", "symbols", "flags"].map(
      (slug, n) => [slug, names[n] ?? slug],
    ),
  );

export const writingWords: Record<Language, WritingWords> = {
  en: {
    voice: {
      title: "Voice note",
      asking: "Waiting for the microphone. The browser may ask you.",
      recording: "Recording",
      stop: "Done",
      discard: "Discard",
      cut: "The microphone went away. What you said until then is kept.",
      silence: {
        refused: "The microphone is forbidden for this page. Allow it in the browser’s settings for this site.",
        missing: "There is no microphone. Connect one and try again.",
        busy: "Another program uses the microphone. Close it and try again.",
        elsewhere: "Another tab is recording. Finish there first.",
        insecure: "The microphone needs a page with https.",
        unable: "This browser could not record anything.",
      },
    },
    titles: { place: "Send a place", card: "Send a contact", buttons: "Send buttons", list: "Send a list", link: "Send a link as a button" },
    fields: {
      text: "Text",
      where: "Place",
      name: "Name",
      address: "Address",
      phone: "Number with country code",
      email: "E-mail",
      organisation: "Company",
      button: "Words on the button",
      url: "Where it leads",
    },
    whereHint: "Coordinates such as 39.4699, -0.3763, or a link copied from a map",
    listButton: "Words on the button that opens the list",
    linkButton: "Words on the button",
    choice: (n) => `Choice ${n}`,
    small: (n) => `Small print of choice ${n}`,
    add: "One more",
    remove: (n) => `Take choice ${n} out`,
    wrong: {
      empty: "Fill this in.",
      long: "This is too long for WhatsApp.",
      where: "No place can be read from this.",
      phone: "Begin with + and the country code.",
      email: "This is no e-mail address.",
      url: "An address begins with https://",
      same: "It is there twice.",
    },
    emoji: {
      title: "Emoji",
      find: "Find an emoji, in English",
      none: "No emoji has this name.",
      recent: "Used last",
      groups: groups(["Faces", "People", "Nature", "Food", "Places", "Activities", "Objects", "Symbols", "Flags"]),
    },
    snooze: { title: "Snooze until", until: "Day and time", past: "Choose a time to come, within a year." },
  },
  es: {
    voice: {
      title: "Nota de voz",
      asking: "Esperando el micrófono. El navegador puede preguntarte.",
      recording: "Grabando",
      stop: "Listo",
      discard: "Descartar",
      cut: "El micrófono se ha desconectado. Lo dicho hasta entonces se conserva.",
      silence: {
        refused: "El micrófono está prohibido para esta página. Permítelo en los ajustes del navegador para este sitio.",
        missing: "No hay micrófono. Conecta uno e inténtalo de nuevo.",
        busy: "Otro programa usa el micrófono. Ciérralo e inténtalo de nuevo.",
        elsewhere: "Otra pestaña está grabando. Termina allí primero.",
        insecure: "El micrófono necesita una página con https.",
        unable: "Este navegador no ha podido grabar nada.",
      },
    },
    titles: { place: "Enviar un lugar", card: "Enviar un contacto", buttons: "Enviar botones", list: "Enviar una lista", link: "Enviar un enlace como botón" },
    fields: {
      text: "Texto",
      where: "Lugar",
      name: "Nombre",
      address: "Dirección",
      phone: "Número con prefijo del país",
      email: "Correo",
      organisation: "Empresa",
      button: "Palabras del botón",
      url: "Adónde lleva",
    },
    whereHint: "Coordenadas como 39.4699, -0.3763, o un enlace copiado de un mapa",
    listButton: "Palabras del botón que abre la lista",
    linkButton: "Palabras del botón",
    choice: (n) => `Opción ${n}`,
    small: (n) => `Letra pequeña de la opción ${n}`,
    add: "Otra más",
    remove: (n) => `Quitar la opción ${n}`,
    wrong: {
      empty: "Rellena esto.",
      long: "Es demasiado largo para WhatsApp.",
      where: "De esto no se puede leer ningún lugar.",
      phone: "Empieza por + y el prefijo del país.",
      email: "Esto no es una dirección de correo.",
      url: "Una dirección empieza por https://",
      same: "Está dos veces.",
    },
    emoji: {
      title: "Emoji",
      find: "Buscar un emoji, en inglés",
      none: "Ningún emoji se llama así.",
      recent: "Usados hace poco",
      groups: groups(["Caras", "Personas", "Naturaleza", "Comida", "Lugares", "Actividades", "Objetos", "Símbolos", "Banderas"]),
    },
    snooze: { title: "Posponer hasta", until: "Día y hora", past: "Elige una hora futura, dentro de un año." },
  },
  pt: {
    voice: {
      title: "Nota de voz",
      asking: "À espera do microfone. O navegador pode perguntar.",
      recording: "A gravar",
      stop: "Pronto",
      discard: "Descartar",
      cut: "O microfone foi desligado. O que foi dito até então fica guardado.",
      silence: {
        refused: "O microfone está proibido para esta página. Permita-o nas definições do navegador para este site.",
        missing: "Não há microfone. Ligue um e tente de novo.",
        busy: "Outro programa usa o microfone. Feche-o e tente de novo.",
        elsewhere: "Outro separador está a gravar. Termine lá primeiro.",
        insecure: "O microfone precisa de uma página com https.",
        unable: "Este navegador não conseguiu gravar nada.",
      },
    },
    titles: { place: "Enviar um lugar", card: "Enviar um contacto", buttons: "Enviar botões", list: "Enviar uma lista", link: "Enviar uma ligação como botão" },
    fields: {
      text: "Texto",
      where: "Lugar",
      name: "Nome",
      address: "Morada",
      phone: "Número com indicativo do país",
      email: "E-mail",
      organisation: "Empresa",
      button: "Palavras do botão",
      url: "Para onde leva",
    },
    whereHint: "Coordenadas como 39.4699, -0.3763, ou uma ligação copiada de um mapa",
    listButton: "Palavras do botão que abre a lista",
    linkButton: "Palavras do botão",
    choice: (n) => `Opção ${n}`,
    small: (n) => `Letra pequena da opção ${n}`,
    add: "Mais uma",
    remove: (n) => `Tirar a opção ${n}`,
    wrong: {
      empty: "Preencha isto.",
      long: "É longo demais para o WhatsApp.",
      where: "Nenhum lugar se lê daqui.",
      phone: "Comece por + e o indicativo do país.",
      email: "Isto não é um endereço de e-mail.",
      url: "Um endereço começa por https://",
      same: "Está duas vezes.",
    },
    emoji: {
      title: "Emoji",
      find: "Procurar um emoji, em inglês",
      none: "Nenhum emoji tem este nome.",
      recent: "Usados por último",
      groups: groups(["Caras", "Pessoas", "Natureza", "Comida", "Lugares", "Atividades", "Objetos", "Símbolos", "Bandeiras"]),
    },
    snooze: { title: "Adiar até", until: "Dia e hora", past: "Escolha uma hora futura, dentro de um ano." },
  },
  ar: {
    voice: {
      title: "رسالة صوتية",
      asking: "بانتظار الميكروفون. قد يسألك المتصفح.",
      recording: "جارٍ التسجيل",
      stop: "تم",
      discard: "تجاهل",
      cut: "انقطع الميكروفون. ما قلته حتى ذلك محفوظ.",
      silence: {
        refused: "الميكروفون ممنوع على هذه الصفحة. اسمح به في إعدادات المتصفح لهذا الموقع.",
        missing: "لا يوجد ميكروفون. وصّل واحدًا وحاول مجددًا.",
        busy: "برنامج آخر يستخدم الميكروفون. أغلقه وحاول مجددًا.",
        elsewhere: "علامة تبويب أخرى تسجل. أنهِ التسجيل هناك أولًا.",
        insecure: "يحتاج الميكروفون إلى صفحة بـ https.",
        unable: "لم يستطع هذا المتصفح تسجيل شيء.",
      },
    },
    titles: { place: "إرسال مكان", card: "إرسال جهة اتصال", buttons: "إرسال أزرار", list: "إرسال قائمة", link: "إرسال رابط كزر" },
    fields: {
      text: "النص",
      where: "المكان",
      name: "الاسم",
      address: "العنوان",
      phone: "الرقم مع رمز البلد",
      email: "البريد الإلكتروني",
      organisation: "الشركة",
      button: "كلمات الزر",
      url: "إلى أين يقود",
    },
    whereHint: `إحداثيات مثل ${isolate("39.4699, -0.3763")} أو رابط منسوخ من خريطة`,
    listButton: "كلمات الزر الذي يفتح القائمة",
    linkButton: "كلمات الزر",
    choice: (n) => `الخيار ${n}`,
    small: (n) => `شرح الخيار ${n}`,
    add: "خيار آخر",
    remove: (n) => `أزل الخيار ${n}`,
    wrong: {
      empty: "املأ هذا الحقل.",
      long: "هذا أطول مما يقبله واتساب.",
      where: "لا يمكن قراءة مكان من هذا.",
      phone: "ابدأ بعلامة + ورمز البلد.",
      email: "هذا ليس عنوان بريد إلكتروني.",
      url: "يبدأ العنوان بـ https://",
      same: "موجود مرتين.",
    },
    emoji: {
      title: "رموز تعبيرية",
      find: "ابحث عن رمز، بالإنجليزية",
      none: "لا يوجد رمز بهذا الاسم.",
      recent: "استُخدمت مؤخرًا",
      groups: groups(["وجوه", "أشخاص", "طبيعة", "طعام", "أماكن", "أنشطة", "أشياء", "رموز", "أعلام"]),
    },
    snooze: { title: "تأجيل حتى", until: "اليوم والوقت", past: "اختر وقتًا قادمًا خلال سنة." },
  },
};

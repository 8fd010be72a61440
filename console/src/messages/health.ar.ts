import type { HealthWords } from "./health.ts";

export const healthAr: HealthWords = {
  banner: (name) => `${name} لا يرسل شيئًا الآن. ما تكتبه ينتظر.`,
  look: "اعرف السبب",
  fault: {
    token_wrong: "لا تقبل Meta رمز الوصول. أنشئ رمزًا لمستخدم نظام واستبدله.",
    token_expired: "انتهى رمز الوصول. أنشئ رمزًا بلا انتهاء واستبدله.",
    token_ends_soon: "ينتهي رمز الوصول خلال أسبوع. أنشئ رمزًا بلا انتهاء واستبدله.",
    messaging_right_missing: "لا يستطيع الرمز الإرسال. أنشئه من جديد بصلاحية whatsapp_business_messaging.",
    management_right_missing: "لا يستطيع الرمز قراءة الحساب. أنشئه من جديد بصلاحية whatsapp_business_management.",
    app_secret_wrong: "سر التطبيق غير الموجود في Meta. يضع مشغّل الخادم السر الحالي.",
    token_of_other_app: "الرمز لتطبيق آخر. أنشئه في التطبيق الذي يرسل الويب هوك.",
    number_not_found: "لا يصل الرمز إلى رقم بهذا المعرّف. راجع المعرّف وامنح مستخدم النظام الحساب.",
    number_not_verified: "الرقم غير موثّق. وثّقه في Meta برمز ثم سجّله.",
    number_not_registered: "الرقم غير مسجّل. سجّله في Meta برقمه السري.",
    number_banned: "لا تسمح Meta للرقم بإرسال شيء. انظر في WhatsApp Manager واطلب مراجعة.",
    number_restricted: "تقيّد Meta ما يرسله الرقم. قد تمر الردود؛ انظر في WhatsApp Manager.",
    name_declined: "رفضت Meta الاسم الظاهر. اختر اسمًا آخر في WhatsApp Manager.",
    quality_low: "العملاء يحظرون الرقم أو يبلّغون عنه. أرسل قوالب أقل، ولمن طلبها فقط.",
    payment_missing: "لا توجد وسيلة دفع صالحة للحساب. أضف واحدة في Meta؛ تفشل القوالب حتى ذلك الحين.",
    account_restricted: "قيّدت Meta الحساب. انظر في إعدادات النشاط واطلب مراجعة.",
    app_not_subscribed: "التطبيق غير مشترك في الحساب. اشترك به في Meta وإلا فلن يصل شيء.",
    webhook_not_set: "لا يوجد ويب هوك للتطبيق. أدخل العنوان ورمز التحقق في Meta.",
    webhook_elsewhere: "الويب هوك يقود إلى عنوان آخر. أدخل عنوان هذا الخادم في Meta.",
    messages_not_subscribed: "ينقص الويب هوك الحقل messages. اشترك فيه في Meta.",
    sends_refused: "يرفض واتساب رسائل هذا الرقم. انظر في WhatsApp Manager.",
  },
  notice: {
    works: (name) => `عاد ${name} إلى العمل`,
    attention: (name) => `يحتاج ${name} إليك`,
    stopped: (name) => `لا يرسل ${name} شيئًا`,
  },
};

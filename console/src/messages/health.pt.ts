import type { HealthWords } from "./health.ts";

export const healthPt: HealthWords = {
  banner: (name) => `${name} não envia nada no momento. O que você escrever espera.`,
  look: "Ver por quê",
  fault: {
    token_wrong: "A Meta não aceita o token de acesso. Crie um para um usuário do sistema e substitua-o.",
    token_expired: "O token de acesso expirou. Crie um sem validade e substitua-o.",
    token_ends_soon: "O token de acesso expira em menos de uma semana. Crie um sem validade e substitua-o.",
    messaging_right_missing: "O token não pode enviar. Crie-o de novo com a permissão whatsapp_business_messaging.",
    management_right_missing: "O token não pode ler a conta. Crie-o de novo com a permissão whatsapp_business_management.",
    app_secret_wrong: "O segredo do app não é o da Meta. O operador do servidor define o atual.",
    token_of_other_app: "O token é de outro app. Crie-o no app que envia os webhooks.",
    number_not_found: "O token não alcança nenhum número com este id. Confira o id e dê a conta ao usuário do sistema.",
    number_not_verified: "O número não está verificado. Verifique-o na Meta com um código e registre-o.",
    number_not_registered: "O número não está registrado. Registre-o na Meta com o PIN.",
    number_banned: "A Meta não deixa o número enviar nada. Veja o WhatsApp Manager e peça uma revisão.",
    number_restricted: "A Meta limita o que o número pode enviar. Respostas ainda podem sair; veja o WhatsApp Manager.",
    name_declined: "A Meta recusou o nome de exibição. Escolha outro no WhatsApp Manager.",
    quality_low: "Clientes bloqueiam ou denunciam o número. Envie menos modelos, só a quem os pediu.",
    payment_missing: "A conta não tem um meio de pagamento válido. Adicione um na Meta; até lá os modelos falham.",
    account_restricted: "A Meta restringiu a conta. Veja as configurações da empresa e peça uma revisão.",
    app_not_subscribed: "O app não está inscrito na conta. Inscreva-o na Meta, senão nada entra.",
    webhook_not_set: "O app não tem webhook. Informe o endereço e o token de verificação na Meta.",
    webhook_elsewhere: "O webhook do app leva a outro endereço. Informe o endereço deste servidor na Meta.",
    messages_not_subscribed: "Falta ao webhook o campo messages. Inscreva-se nele na Meta.",
    sends_refused: "O WhatsApp recusa as mensagens deste número. Veja o WhatsApp Manager.",
  },
  notice: {
    works: (name) => `${name} voltou a funcionar`,
    attention: (name) => `${name} precisa de você`,
    stopped: (name) => `${name} não envia nada`,
  },
};

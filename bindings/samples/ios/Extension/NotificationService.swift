#if canImport(UserNotifications) && os(iOS)
import Baton
import BatonApple

final class NotificationService: NotificationServiceBase {
    override var config: CoreConfig? { Device.server.flatMap { try? Device.config(server: $0) } }
    override var keys: any KeyStore { Device.keys() }
}
#endif

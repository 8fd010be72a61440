// What a developer's machine with the Android SDK builds: gradle :app:assembleRelease, in this
// directory. Compiled here by scripts/app.sh android; Gradle itself was never run on it.

pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
        // The core's AAR and what lies beside it, as bindings/packaging/android/aar.sh makes them.
        maven { url = uri("../../../target/android") }
    }
}

rootProject.name = "baton-phone"

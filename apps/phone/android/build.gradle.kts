plugins {
    id("com.android.application") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.20"
    id("org.jetbrains.kotlin.plugin.compose") version "2.4.20"
}

android {
    namespace = "app.baton.phone"
    compileSdk = 36
    defaultConfig {
        applicationId = "app.baton.phone"
        minSdk = 28
        targetSdk = 36
        versionCode = 1
        versionName = "0.1"
        // The core is linked for these.
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
    }
    sourceSets["main"].apply {
        manifest.srcFile("AndroidManifest.xml")
        res.srcDirs("res")
        kotlin.srcDirs("src", "../ui/src")
    }
    buildTypes["release"].apply {
        isMinifyEnabled = true
        proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    compilerOptions {
        optIn.add("kotlin.time.ExperimentalTime")
        allWarningsAsErrors = true
    }
}

// The versions of jars/android.txt, with which scripts/app.sh android compiles.
dependencies {
    implementation("app.baton:baton-core:0.1.0")
    implementation("androidx.activity:activity-compose:1.13.0")
    implementation("androidx.core:core:1.18.0")
    implementation("androidx.compose.foundation:foundation:1.12.1")
    implementation("androidx.compose.material3:material3:1.4.0")
    implementation("androidx.compose.ui:ui:1.12.1")
    // With a google-services.json of your own project; without pushes by Firebase leave it out, and
    // the service out of the manifest.
    implementation("com.google.firebase:firebase-messaging:24.1.0")
}

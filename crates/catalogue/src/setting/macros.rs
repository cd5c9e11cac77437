//! How the parameters are listed.

macro_rules! settings {
    ($($group:literal { $($name:ident = $setting:expr;)+ })+) => {
        $($(
            #[doc = concat!("See [`Setting::words`] of `", stringify!($name), "`.")]
            pub const $name: Setting = $setting;
        )+)+

        /// All of them, by what they are about.
        pub const GROUPS: &[(&str, &[Setting])] = &[$(($group, &[$($name),+])),+];
    };
}

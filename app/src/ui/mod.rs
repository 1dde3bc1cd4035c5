//! Widgets that know no area.

mod avatar;
pub mod browser;
mod choice;
mod clock;
mod combobox;
mod dialog;
mod each;
mod form;
mod icon;
mod live;
pub(crate) mod lock;
mod menu;
mod state;
mod suspended;
mod toast;
mod when;
mod zone;

pub use avatar::{Avatar, AvatarStack, Presence, initials};
pub use choice::{Choice, GroupLook, RadioGroup, Switch, Tab, Tabs, tab_id};
pub use clock::{AgoText, ClockSetting, LocalClock, TimeText, provide_clock, use_clock};
pub use combobox::{Combobox, ComboboxOption, OptionSign};
pub use dialog::{AlertDialog, AlertLook, Dialog};
pub use each::Each;
pub use form::{
    CheckField, CsrfField, ErrorSummary, FormErrors, NativeForm, PasswordField, SubmitButton, TextField,
    use_native_form,
};
pub use icon::{Icon, IconView};
pub use live::live;
pub use menu::{Menu, MenuItem, place_popover};
pub use state::{Badge, CopyButton, EmptyState, ErrorCard, SkeletonList, Tooltip, reason};
pub use suspended::suspended;
pub use toast::{ToastAction, ToastKind, ToastRegion, Toasts, provide_toasts, use_toasts};
pub use when::When;
pub use zone::{is_time_zone, local_zone, time_in, time_zones};

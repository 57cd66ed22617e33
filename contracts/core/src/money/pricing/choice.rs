//! What a payer, or the owner of the table, chooses from: names for the numbers of the interface.

use super::error::{Field, PricingError};

/// Makes an enum of the interface's numbers from 0 on, read by `TryFrom<u8>` with the field's name in the error.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident, $field:literal, $count:literal: $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            #[default]
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every choice, by number.
            pub const ALL: [Self; $count] = [$(Self::$variant),+];
            /// The field's name in the interface, as errors carry it.
            pub const FIELD: Field = $field;

            /// The interface's number of the choice.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The entry that belongs to the choice, of a list by number.
            #[must_use]
            pub fn of<T: Copy + Default>(self, list: &[T; $count]) -> T {
                // The list has an entry for each choice.
                list.get(usize::from(self.number())).copied().unwrap_or_default()
            }
        }

        impl TryFrom<u8> for $name {
            type Error = PricingError;

            /// The choice of a number.
            ///
            /// # Errors
            /// [`PricingError::InputOutOfRange`] above the last choice.
            fn try_from(number: u8) -> Result<Self, PricingError> {
                match number {
                    $($number => Ok(Self::$variant),)+
                    _ => Err(out_of_range(Self::FIELD, number, $count)),
                }
            }
        }

        impl From<$name> for u8 {
            fn from(choice: $name) -> Self {
                choice.number()
            }
        }
    };
}

/// The error of a number that is not below `count`.
fn out_of_range(field: Field, number: u8, count: u8) -> PricingError {
    PricingError::InputOutOfRange { field, value: number.into(), min: 0, max: u64::from(count).saturating_sub(1) }
}

choice! {
    /// How soon the payer wants the result.
    Sla, "sla", 3:
    /// No promise.
    Low = 0,
    /// Soon.
    Medium = 1,
    /// First.
    High = 2,
}

choice! {
    /// How the answers of a task are to agree. What binds is the quorum of the replicas, and the price goes by that.
    ConsensusRule, "consensusRule", 3:
    /// One answer counts.
    Single = 0,
    /// A majority decides.
    Majority = 1,
    /// All must agree.
    Unanimous = 2,
}

choice! {
    /// The task's place in the queue.
    Priority, "priority", 3:
    /// In turn.
    Normal = 0,
    /// Before normal ones.
    High = 1,
    /// Before all others.
    Urgent = 2,
}

choice! {
    /// What a model costs to run.
    ModelClass, "class", 3:
    /// Runs on a CPU.
    Light = 0,
    /// Wants a GPU.
    Standard = 1,
    /// Wants several.
    Heavy = 2,
}

choice! {
    /// The payer's stake, by which the first rebate is chosen.
    StakeTier, "stakeTier", 4:
    /// None that counts.
    None = 0,
    /// The first step.
    First = 1,
    /// The second step.
    Second = 2,
    /// The third step.
    Third = 3,
}

choice! {
    /// What the payer has spent lately, by which the second rebate is chosen.
    VolumeTier, "volumeTier", 4:
    /// None that counts.
    None = 0,
    /// The first step.
    First = 1,
    /// The second step.
    Second = 2,
    /// The third step.
    Third = 3,
}

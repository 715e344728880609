//! `redial presets`: the legal calling hours that campaigns can name. No server is asked.

use redial_shared::domain::preset::{self, Preset};

use crate::{failure::Failure, output, render};

/// Arguments of `redial presets`.
#[derive(Debug, clap::Args)]
pub struct PresetsArgs {
    /// What to show; without it, all presets, a line each
    #[command(subcommand)]
    verb: Option<PresetsVerb>,
    /// Print them as JSON
    #[arg(long, global = true)]
    json: bool,
}

/// What to show of presets.
#[derive(Debug, clap::Subcommand)]
pub enum PresetsVerb {
    /// Every rule of a preset: hours, caps, demands, and where and when it was read
    Show {
        /// The preset, as `[calling_hours] preset` names it
        name: String,
    },
}

/// Prints the presets, or the rules of one.
///
/// # Errors
/// Exit code 2 when there is no such preset.
pub fn run(args: &PresetsArgs) -> Result<(), Failure> {
    match &args.verb {
        None if args.json => output::line(&to_json(&serde_json::json!({ "presets": preset::all() }))),
        None => output::text(&render::presets::all(preset::all())),
        Some(PresetsVerb::Show { name }) => {
            let preset = named(name)?;
            if args.json { output::line(&to_json(preset)) } else { output::text(&render::presets::one(preset)) }
        }
    }
}

fn named(name: &str) -> Result<&'static Preset, Failure> {
    Preset::named(name).ok_or_else(|| {
        let known = preset::all().iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>().join(", ");
        Failure::usage(format_args!("there is no preset `{name}`")).hint(format_args!("known are {known}"))
    })
}

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("rules are texts, dates and lists of them")
}

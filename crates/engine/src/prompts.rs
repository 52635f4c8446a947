//! `vars_prompt`: variables that a person is asked for before a play begins.

use std::sync::Arc;

use actions::{Question, Reply};
use diag::{Error, Result};
use playbook::{Play, Prompt, Vars};
use value::{Convert, Text, Value};
use yaml::Node;

use crate::Event;
use crate::play::static_value;
use crate::world::World;

/// The play with the answers among its variables.
///
/// # Errors
/// A prompt can't be rendered, or an answer can't be hashed.
pub(crate) async fn ask(world: &World, play: &Play) -> Result<Play> {
    let mut answered = play.clone();
    for prompt in &play.vars_prompt {
        // Who gives the variable on the command line is not asked.
        if world.extra_vars.get(&prompt.name).is_some() {
            continue;
        }
        let value = answer(world, &answered, prompt).await?;
        let insert =
            |vars: &mut Arc<Vars>| Arc::make_mut(vars).insert(&*prompt.name, value.clone(), &prompt.span);
        insert(&mut answered.vars);
        insert(&mut answered.static_vars);
    }
    Ok(answered)
}

async fn answer(world: &World, play: &Play, prompt: &Prompt) -> Result<Value> {
    let text = |node: &Option<Node>| -> Result<Option<String>> {
        let Some(node) = node else { return Ok(None) };
        let value = static_value(world, play, node)?;
        Ok(Some(value.to_string()).filter(|_| !value.is_null()))
    };
    let flag = |node: &Option<Node>, default: bool| -> Result<bool> {
        let Some(node) = node else { return Ok(default) };
        static_value(world, play, node)?
            .to_bool()
            .map_err(|error| Error::new(error.to_string()).at(&node.span))
    };
    let default = text(&prompt.default)?;
    let shown = text(&prompt.prompt)?.unwrap_or_else(|| prompt.name.clone());
    let question = match &default {
        Some(default) => format!("{shown} [{default}]: "),
        None => format!("{shown}: "),
    };
    let echo = !flag(&prompt.private, true)?;
    let confirm = flag(&prompt.confirm, false)?;
    let line = loop {
        let first = line(world, &question, echo).await;
        if !confirm || first.is_none() {
            break first;
        }
        if line(world, &format!("confirm {question}"), echo).await == first {
            break first;
        }
        world.terminal.say("***** VALUES ENTERED DO NOT MATCH ****\n");
    };
    let typed = match (line, default) {
        (Some(line), Some(default)) if line.is_empty() => default,
        (Some(line), _) => line,
        (None, Some(default)) => default,
        // What Ansible makes of it.
        (None, None) => "None".to_owned(),
    };
    let typed = match text(&prompt.encrypt)? {
        Some(scheme) => hashed(world, prompt, typed, &scheme, text(&prompt.salt)?, text(&prompt.salt_size)?)?,
        None => typed,
    };
    Ok(match flag(&prompt.r#unsafe, false)? {
        true => Text::new(typed).into(),
        false => Text::trusted(typed, None).into(),
    })
}

/// What is typed; `None` if nobody is there.
async fn line(world: &World, text: &str, echo: bool) -> Option<String> {
    match world.terminal.ask(&Question { text, echo, interruptible: false }).await {
        Reply::Line(line) => Some(line),
        Reply::GoOn => Some(String::new()),
        Reply::Abort | Reply::Nobody => {
            world.tell(Event::Notice(Error::warning("Not prompting as we are not in interactive mode")));
            None
        }
    }
}

fn hashed(
    world: &World,
    prompt: &Prompt,
    typed: String,
    scheme: &str,
    salt: Option<String>,
    salt_size: Option<String>,
) -> Result<String> {
    let kind = match scheme {
        "md5_crypt" => "md5",
        "sha256_crypt" => "sha256",
        "sha512_crypt" => "sha512",
        "bcrypt" => "blowfish",
        other => other,
    };
    let mut variables = Vars::new();
    let mut set = |name: &str, value: Value| variables.insert(name, value, &prompt.span);
    set("typed", Text::new(typed).secret().into());
    set("kind", kind.into());
    set("salt", salt.map_or(Value::Null, Value::from));
    set("size", salt_size.and_then(|size| size.parse::<i64>().ok()).map_or(Value::Null, Value::from));
    let template = "{{ typed | password_hash(kind, salt=salt, salt_size=size) }}";
    let hash = world.loader.language.render(&Text::trusted(template, None), &variables);
    Ok(hash.map_err(|error| error.at(&prompt.span))?.to_string())
}

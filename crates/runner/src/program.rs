//! Modules of the user's own: programs that get their arguments in a file and write a JSON object.

use protocol::{Outcome, Program};
use system::{Command, Error, Output, Result, System};
use value::{Map, Unknown, Value};

/// Runs a Python module with what Ansible offers its modules, where the host has that.
const PYTHON: &str = r#"
import json, runpy, sys
folder, module, arguments = sys.argv[1:4]
sys.path.insert(0, folder)
try:
    import ansible.module_utils.basic
except ImportError as problem:
    json.dump({"failed": True, "missing_ansible": str(problem)}, sys.stdout)
    sys.exit(1)
ansible.module_utils.__path__.insert(0, folder + "/module_utils")
sys.argv = [folder + "/module", arguments]
try:
    if module == "module":
        runpy.run_path(folder + "/module", run_name="__main__")
    else:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
except Exception as problem:
    sys.stdout.write("\n" + json.dumps({"failed": True, "msg": str(problem)}) + "\n")
    raise
"#;

/// Runs a program and reads its result.
pub(crate) fn run(program: &Program, dry_run: bool, host: &mut System) -> Outcome {
    if dry_run && !program.knows_dry_run {
        let cause = format!("the module '{}' is a program that does not know dry runs", program.name);
        return Outcome::Unknown(host.caused(Unknown::new(cause)));
    }
    match output_of(program, host) {
        Ok(output) => result(program, &output, host),
        Err(Error::Unknown(unknown)) => Outcome::Unknown(unknown),
        Err(Error::Failed(failure)) => {
            let mut result = failure.details;
            result.insert("msg".into(), failure.message.into());
            Outcome::Failed(result.into())
        }
    }
}

fn output_of(program: &Program, host: &mut System) -> Result<Output> {
    let in_collection = program.uses_ansible && program.name.matches('.').count() >= 2;
    let place = match in_collection {
        true => {
            let mut parts = program.name.splitn(3, '.');
            let (namespace, collection) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let rest = parts.next().unwrap_or_default().replace('.', "/");
            format!("ansible_collections/{namespace}/{collection}/plugins/modules/{rest}.py")
        }
        false => "module".to_owned(),
    };
    let mut files = vec![("arguments".to_owned(), program.arguments.clone().into_bytes(), 0o600)];
    files.push((place.clone(), host.blob(&program.file)?, 0o700));
    for (below, blob) in &program.shared {
        files.push((below.clone(), host.blob(blob)?, 0o600));
    }
    host.with_temporary_files(&files, |host, folder| {
        let path = |below: &str| folder.join(below).to_string_lossy().into_owned();
        let mut command = Command::new(program.interpreter.clone());
        if program.uses_ansible {
            let module = place.trim_end_matches(".py").replace('/', ".");
            command = command.args(["-c", PYTHON]).arg(folder.to_string_lossy().into_owned()).arg(module);
        } else {
            command = command.arg(path(&place));
        }
        // In a dry run as well: it has said that it then changes nothing.
        host.query(&command.arg(path("arguments")))
    })
}

/// The JSON object among what was written, with the lines before and after it.
fn find(text: &str) -> Option<(Map, &str)> {
    let starts = text.match_indices('{').map(|(at, _)| at).filter(|at| {
        let line = text[..*at].rfind('\n').map_or(0, |end| end + 1);
        text[line..*at].trim().is_empty()
    });
    for start in starts {
        let mut read = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(Value::Map(map))) = read.next() {
            return Some((Map::clone(&map), text[start + read.byte_offset()..].trim()));
        }
    }
    None
}

fn result(program: &Program, output: &Output, host: &mut System) -> Outcome {
    let text = output.stdout();
    let Some((mut result, after)) = find(&text) else {
        // Playbooks look at these words and keys.
        return Outcome::Failed(Value::map([
            ("msg", Value::from("Module result deserialization failed: No start of json char found")),
            ("module_stdout", text.into()),
            ("module_stderr", output.stderr().into()),
            ("rc", output.code.into()),
        ]));
    };
    if !after.is_empty() {
        host.warn(format!("Module invocation had junk after the JSON data: {after}"));
    }
    if let Some(missing) = result.get("missing_ansible") {
        let message = format!(
            "the module '{}' is written in Python with Ansible's library, which this host's {} does not have ({missing})",
            program.name,
            program.interpreter.first().map_or("python3", String::as_str),
        );
        return Outcome::Failed(Value::map([("msg", message)]));
    }
    for warning in result.get("warnings").and_then(Value::as_list).unwrap_or_default() {
        // Ansible's library gives them with their circumstances.
        let text = warning.get("event").and_then(|event| event.get("msg")).unwrap_or(warning);
        host.warn(text.to_string());
    }
    without_internals(&mut result);
    for key in ["warnings", "deprecations", "invocation"] {
        result.shift_remove(key);
    }
    if program.tells_stderr && !output.stderr.is_empty() {
        result.insert("stderr".into(), output.stderr().into());
    }
    result.entry("changed".into()).or_insert_with(|| false.into());
    let failed = match result.get("failed") {
        Some(failed) => failed.is_true(),
        None => result.get("rc").is_some_and(|code| code.as_i64() != Some(0)),
    };
    if failed { Outcome::Failed(result.into()) } else { Outcome::Done(result.into()) }
}

/// Takes out what the module was told beside its arguments, wherever it says it again.
fn without_internals(map: &mut Map) {
    map.retain(|key, _| !key.as_str().is_some_and(|key| key.starts_with("_ansible_")));
    for value in map.values_mut() {
        if let Value::Map(inner) = value {
            without_internals(std::sync::Arc::make_mut(inner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_found_among_other_lines() {
        let (map, after) = find("junk {\n{\"a\": {\n \"b\": 1}}\nmore\n").unwrap();
        assert_eq!(Value::from(map).to_string(), "{'a': {'b': 1}}");
        assert_eq!(after, "more");
        assert!(find("[1, 2]\n").is_none());
        assert!(find("no {\"a\": 1}").is_none());
    }
}

//! Everything that tasks can do is documented.

use actions::manuals;

#[test]
fn every_action_is_documented() {
    let mut count = 0;
    for manual in manuals() {
        let name = manual.name;
        assert!(manual.description.ends_with('.'), "{name}: the description is not a sentence");
        assert!(manual.examples.contains(&format!("{name}:")), "{name}: no example uses it");
        for argument in manual.arguments() {
            assert!(argument.description.ends_with(['.', ')']), "{name}.{}: no description", argument.name);
        }
        count += 1;
    }
    assert!(count > 20, "only {count} are listed");
}

#[test]
fn only_what_takes_any_variable_takes_any_argument() {
    let open: Vec<&str> =
        manuals().filter(|manual| manual.schema.is_open()).map(|manual| manual.name).collect();
    assert_eq!(open, ["add_host", "gather_facts", "include_vars", "set_fact"]);
}

#[test]
fn every_example_has_only_arguments_that_there_are() {
    for manual in manuals() {
        let source = diag::Source::new(manual.name, manual.examples);
        let tasks = yaml::parse(&source).unwrap().root.unwrap();
        for task in tasks.items().unwrap() {
            let Some(node) = task.get(manual.name) else { continue };
            let names = node.entries().unwrap_or_default().iter().filter_map(|entry| entry.key.as_str());
            let args = task.get("args").and_then(|node| node.entries()).unwrap_or_default();
            let free_form = node.as_str().map(|_| "_raw_params");
            let names = names.chain(args.iter().filter_map(|entry| entry.key.as_str())).chain(free_form);
            let problems = manual.schema.check_names(names);
            assert!(problems.is_empty(), "{}: {problems:?}", manual.name);
        }
    }
}

#[test]
fn the_half_of_a_module_that_the_controller_does_has_the_manual_of_the_module() {
    for name in ["copy", "fetch", "script"] {
        let manual = &actions::find(name).unwrap().manual;
        let module = modules::manuals().into_iter().find(|manual| manual.name == name).unwrap();
        assert_eq!(manual.description, module.description);
    }
}

#[test]
fn what_concerns_all_hosts_runs_once() {
    let once: Vec<&str> = manuals()
        .map(|manual| manual.name)
        .filter(|name| actions::find(name).unwrap().action.once_for_all_hosts())
        .collect();
    assert_eq!(once, ["add_host", "pause"]);
}

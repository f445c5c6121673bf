using System.Text.RegularExpressions;

namespace Viddhana.Tests.Tidy;

/// <summary>The doors, the solution and the documents stay true to the tree.</summary>
public sealed partial class HouseTests
{
    private static readonly string[] Verbs = ["up", "test", "check", "bench", "fuzz", "publish", "screenshots"];

    [Test]
    public void Both_scripts_offer_the_same_verbs_and_forward_to_one_place()
    {
        var program = Tree.Read("build/Program.cs");
        foreach (var script in (string[])["build.sh", "build.ps1"])
        {
            var named = Regex.Match(Tree.Read(script), @"build\.\w+ ((?:\w+ \| )+\w+)").Groups[1].Value.Split(" | ");
            Assert.That(named, Is.EqualTo(Verbs), script);
            Assert.That(Tree.Read(script), Does.Contain("viddhana-build.dll"), script);
        }

        Assert.That(VerbRow().Matches(program).Select(m => m.Groups[1].Value), Is.EqualTo(Verbs));
    }

    [Test]
    public void The_solution_holds_every_project()
    {
        var solution = Tree.Read("Viddhana.sln").Replace('\\', '/');
        Assert.That(Tree.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(f => !solution.Contains(f, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Every_package_has_one_version_and_a_reason()
    {
        var decisions = Tree.Read("docs/decisions.md");
        var packages = Package().Matches(Tree.Read("Directory.Packages.props"))
            .Select(m => (Id: m.Groups[1].Value, Version: m.Groups[2].Value)).ToList();
        Assert.That(packages, Is.Not.Empty);
        Assert.That(packages.Where(p => !decisions.Contains($"`{p.Id}`", StringComparison.Ordinal)).Select(p => p.Id), Is.Empty,
            "not in docs/decisions.md");
        Assert.That(packages.Where(p => p.Version.Contains('*')), Is.Empty, "floating versions");

        var inProjects = Tree.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(f => Versioned().IsMatch(Tree.Read(f)));
        Assert.That(inProjects, Is.Empty, "versions belong into Directory.Packages.props");
    }

    [Test]
    public void Links_between_documents_lead_somewhere()
    {
        var wrong = from file in Tree.Files
                    where file.EndsWith(".md", StringComparison.Ordinal)
                    from Match link in Link().Matches(Tree.Read(file))
                    let target = link.Groups[1].Value.Split('#')[0]
                    where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                        && !target.StartsWith("mailto:", StringComparison.Ordinal)
                    where !Path.Exists(Path.Combine(Tree.Root, Path.GetDirectoryName(file) ?? "", target))
                    select $"{file} → {target}";
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void The_walk_of_a_share_and_of_a_job_name_files_that_exist()
    {
        foreach (var document in (string[])["docs/a-share.md", "docs/a-job.md"])
        {
            var files = CodePath().Matches(Tree.Read(document)).Select(m => m.Groups[1].Value).Distinct().ToList();
            Assert.That(files, Has.Count.GreaterThan(5), document);
            Assert.That(files.Where(f => !Tree.Files.Contains(f)), Is.Empty, document);
        }
    }

    [GeneratedRegex("\\(\"(\\w+)\", \"[^\"]+\", \\w+Verb\\.Run\\)")]
    private static partial Regex VerbRow();

    [GeneratedRegex("PackageVersion Include=\"([^\"]+)\" Version=\"([^\"]+)\"")]
    private static partial Regex Package();

    [GeneratedRegex("<PackageReference[^>]*Version=")]
    private static partial Regex Versioned();

    [GeneratedRegex(@"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:engine|backoffice|native)/[\w/.]+\.(?:cs|c|sql))`")]
    private static partial Regex CodePath();

    [Test]
    public void The_light_theme_is_the_same_by_choice_as_by_the_system()
    {
        const string File = "backoffice/web/src/styles/tokens.css";
        var bySystem = Rules(File, ":root:not([data-theme=\"dark\"])");
        Assert.That(bySystem, Is.Not.Empty);
        Assert.That(Rules(File, ":root[data-theme=\"light\"]"), Is.EqualTo(bySystem));
    }

    /// <summary>The declarations of a selector's block.</summary>
    private static string[] Rules(string file, string selector) =>
    [
        .. Tree.Lines(file).Select(line => line.Trim()).SkipWhile(line => line != selector + " {").Skip(1).TakeWhile(line => line != "}"),
    ];
}

using System.Text.RegularExpressions;

namespace Viddhana.Tests.Tidy;

/// <summary>Limits that keep files readable, and leftovers that must not stay.</summary>
public sealed partial class ShapeTests
{
    private const int LineMax = 140;
    private const int FileMax = 450;

    private static IEnumerable<string> Sources =>
        Tree.Files.Where(
            f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".c", StringComparison.Ordinal)
            || f.EndsWith(".h", StringComparison.Ordinal) || f.EndsWith(".ts", StringComparison.Ordinal)
            || f.EndsWith(".tsx", StringComparison.Ordinal) || f.EndsWith(".mjs", StringComparison.Ordinal));

    [Test]
    public void No_line_of_code_is_longer_than_140_columns()
    {
        var wrong = from file in Sources
                    from line in Tree.Lines(file).Select((text, index) => (text, number: index + 1))
                    where line.text.Length > LineMax
                    select $"{file}:{line.number} has {line.text.Length} columns";
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void No_source_file_is_longer_than_450_lines()
    {
        var wrong = Sources.Select(f => (file: f, lines: Tree.Lines(f).Length)).Where(f => f.lines > FileMax)
            .Select(f => $"{f.file}: {f.lines}");
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Nothing_is_left_half_done()
    {
        var wrong = from file in Tree.Files
                    where IsText(file) && !file.StartsWith("tests/Tidy/", StringComparison.Ordinal)
                    from line in Tree.Lines(file).Select((text, index) => (text, number: index + 1))
                    where Leftover().IsMatch(line.text)
                    select $"{file}:{line.number}: {line.text.Trim()}";
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void No_empty_catch_hides_a_failure()
    {
        var wrong = from file in Tree.Files
                    where file.EndsWith(".cs", StringComparison.Ordinal)
                    where EmptyCatch().IsMatch(Tree.Read(file))
                    select file;
        Assert.That(wrong, Is.Empty, "a catch block says in a comment or in code what it does with the failure");
    }

    [Test]
    public void The_tree_names_no_machine_and_no_registry()
    {
        var wrong = from file in Tree.Files
                    where IsText(file) && !file.StartsWith("tests/Tidy/", StringComparison.Ordinal)
                    from line in Tree.Lines(file).Select((text, index) => (text, number: index + 1))
                    where MachinePath().IsMatch(line.text) || Registry().IsMatch(line.text)
                    select $"{file}:{line.number}: {line.text.Trim()}";
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Every_public_type_says_what_it_is()
    {
        var wrong = new List<string>();
        foreach (var file in Tree.Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
            .Where(f => !f.StartsWith("tests/", StringComparison.Ordinal)))
        {
            var lines = Tree.Lines(file);
            for (var i = 0; i < lines.Length; i++)
                if (PublicType().IsMatch(lines[i]) && !HasSummary(lines, i)) wrong.Add($"{file}:{i + 1}: {lines[i].Trim()}");
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void No_type_is_named_after_what_it_is_not()
    {
        var wrong = from file in Tree.Files
                    where file.EndsWith(".cs", StringComparison.Ordinal) && !file.StartsWith("tests/Tidy/", StringComparison.Ordinal)
                    from Match match in VagueName().Matches(Tree.Read(file))
                    select $"{file}: {match.Groups[1].Value}";
        Assert.That(wrong, Is.Empty);
    }

    private static bool HasSummary(string[] lines, int at)
    {
        for (var i = at - 1; i >= 0; i--)
        {
            var line = lines[i].Trim();
            if (line.StartsWith("///", StringComparison.Ordinal)) return true;
            if (!line.StartsWith('[') && !line.EndsWith(']') && !line.EndsWith(',')) return false;
        }

        return false;
    }

    private static bool IsText(string file) =>
        Path.GetExtension(file) is ".cs" or ".c" or ".h" or ".md" or ".sh" or ".ps1" or ".yml" or ".yaml" or ".props" or ".targets"
            or ".csproj" or ".json"
            or ".sql" or ".js" or ".mjs" or ".ts" or ".tsx" or ".css" or ".html" or ".cfg" or ".conf";

    [GeneratedRegex(
        @"\b(TODO|FIXME|HACK|XXX:|NotImplementedException|Assert\.Pass\(|Assert\.Ignore|Assert\.Inconclusive)|\[Ignore|\[Explicit")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"catch(\s*\([^)]*\))?(\s*when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"(?<![\w.])/(work|farm|root|home/\w+)/")]
    private static partial Regex MachinePath();

    [GeneratedRegex("(\"resolved\": *\"https?:|<add key=\"[^\"]*\" value=\"https?:)")]
    private static partial Regex Registry();

    [GeneratedRegex(
        @"^\s*public\s+(?:(?:static|sealed|abstract|readonly|partial|ref|unsafe)\s+)*(?:class|struct|record|enum|interface|delegate)\b")]
    private static partial Regex PublicType();

    [GeneratedRegex(@"\b(?:class|struct|record|interface)\s+(\w+(?:Manager|Helper|Helpers|Util|Utils|Service))\b")]
    private static partial Regex VagueName();
}

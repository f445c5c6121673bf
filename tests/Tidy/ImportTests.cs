using System.Text.RegularExpressions;

namespace Viddhana.Tests.Tidy;

/// <summary>Imports point one way: Contracts ← Core ← Host; Contracts ← backoffice.</summary>
public sealed partial class ImportTests
{
    /// <summary>Folder, and the namespaces of ours that its files may name.</summary>
    private static readonly (string Folder, string[] Allowed)[] Rules =
    [
        ("engine/Contracts/", ["Viddhana.Contracts"]),
        ("engine/Core/Bytes/", ["Viddhana.Core.Bytes", "Viddhana.Core!"]),
        ("engine/Core/Algorithms/", ["Viddhana.Core.Algorithms", "Viddhana.Core.Bytes", "Viddhana.Core!", "Viddhana.Contracts"]),
        ("engine/Core/Jobs/",
            ["Viddhana.Core.Jobs", "Viddhana.Core.Algorithms", "Viddhana.Core.Bytes", "Viddhana.Core!", "Viddhana.Contracts"]),
        ("engine/Core/Shares/",
            ["Viddhana.Core.Shares", "Viddhana.Core.Jobs", "Viddhana.Core.Algorithms", "Viddhana.Core.Bytes", "Viddhana.Core!",
            "Viddhana.Contracts"]),
        ("engine/Core/Access/", ["Viddhana.Core.Access", "Viddhana.Core.Shares", "Viddhana.Contracts"]),
        ("engine/Core/Chains/",
            ["Viddhana.Core.Chains", "Viddhana.Core.Jobs", "Viddhana.Core.Algorithms", "Viddhana.Core.Bytes", "Viddhana.Core.Shares",
            "Viddhana.Core!", "Viddhana.Contracts"]),
        ("engine/Core/Stratum/", ["Viddhana.Core", "Viddhana.Contracts"]),
        ("engine/Host/", ["Viddhana.Engine", "Viddhana.Core", "Viddhana.Contracts"]),
        ("engine/Miner/", ["Viddhana.Miner", "Viddhana.Core", "Viddhana.Contracts"]),
        ("engine/Simnode/", ["Viddhana.Simnode", "Viddhana.Core.Algorithms", "Viddhana.Contracts"]),
        ("backoffice/", ["Viddhana.Backoffice", "Viddhana.Contracts"]),
        ("build/", ["Viddhana.Build"]),
    ];

    [Test]
    public void Imports_point_one_way()
    {
        var wrong =
            from rule in Rules
            from file in Tree.Under(rule.Folder, ".cs")
            from name in Names(Tree.Read(file))
            where !rule.Allowed.Any(a => Allows(a, name))
            select $"{file} names {name}; allowed there: {string.Join(", ", rule.Allowed)}";
        Assert.That(wrong.Distinct(), Is.Empty);
    }

    [Test]
    public void Every_folder_with_code_has_an_import_rule()
    {
        var without = Tree.Files
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal))
            .Where(f => !f.StartsWith("bench/", StringComparison.Ordinal)
                && f.Count(c => c == '/') > (f.StartsWith("engine/Core/", StringComparison.Ordinal) ? 2 : 0))
            .Where(f => !Rules.Any(r => f.StartsWith(r.Folder, StringComparison.Ordinal)));
        Assert.That(without, Is.Empty);
    }

    [Test]
    public void The_backoffice_references_contracts_alone_and_core_nothing_above_it()
    {
        Assert.That(References("backoffice/Viddhana.Backoffice.csproj"), Is.EqualTo(new[] { "Viddhana.Contracts.csproj" }));
        Assert.That(References("engine/Core/Viddhana.Core.csproj"), Is.EqualTo(new[] { "Viddhana.Contracts.csproj" }));
        Assert.That(References("engine/Contracts/Viddhana.Contracts.csproj"), Is.Empty);
        foreach (var project in (string[])["Host/Viddhana.Engine", "Miner/Viddhana.Miner", "Simnode/Viddhana.Simnode"])
            Assert.That(References($"engine/{project}.csproj"), Is.EqualTo(new[] { "Viddhana.Core.csproj" }), project);
    }

    /// <summary>A name allows its inner namespaces too, unless it ends with "!": then itself alone.</summary>
    private static bool Allows(string allowed, string name) => allowed.EndsWith('!')
        ? name == allowed[..^1]
        : name == allowed || name.StartsWith(allowed + ".", StringComparison.Ordinal);

    private static IEnumerable<string> Names(string source) => Using().Matches(source).Select(m => m.Groups[1].Value);

    private static string[] References(string project) =>
        [.. Reference().Matches(Tree.Read(project)).Select(m => Path.GetFileName(m.Groups[1].Value)).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?(Viddhana[\w.]*)", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex Reference();
}

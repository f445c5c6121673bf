namespace Viddhana.Backoffice.Accounts;

/// <summary>Roles as the database and the API spell them: in small letters.</summary>
internal static class Roles
{
    /// <summary>For messages.</summary>
    public const string Allowed = "miner, support, operator, admin";

    public static string Text(this Role role) => role switch
    {
        Role.Support => "support",
        Role.Operator => "operator",
        Role.Admin => "admin",
        _ => "miner",
    };

    public static bool TryParse(string? text, out Role role)
    {
        (role, var isKnown) = text switch
        {
            "miner" => (Role.Miner, true),
            "support" => (Role.Support, true),
            "operator" => (Role.Operator, true),
            "admin" => (Role.Admin, true),
            _ => (Role.Miner, false),
        };
        return isKnown;
    }

    /// <summary>What the database holds; a word it cannot hold would be no role at all.</summary>
    public static Role Parse(string text) => TryParse(text, out var role) ? role : Role.Miner;

    /// <summary>The words of scopes.</summary>
    public static string[] Words(this Scopes scopes) =>
        [.. Words().Where(word => scopes.HasFlag(word.Scope)).Select(word => word.Text)];

    /// <summary>Reads words of scopes: at least one, each known.</summary>
    public static bool TryParse(IReadOnlyCollection<string>? words, out Scopes scopes)
    {
        scopes = Scopes.None;
        if (words is null || words.Count is 0 or > 2) return false;
        foreach (var word in words)
        {
            var known = Words().FirstOrDefault(known => known.Text == word).Scope;
            if (known == Scopes.None) return false;
            scopes |= known;
        }

        return true;
    }

    private static (Scopes Scope, string Text)[] Words() => [(Scopes.Read, "read"), (Scopes.Write, "write")];
}

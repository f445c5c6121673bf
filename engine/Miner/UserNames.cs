namespace Viddhana.Miner;

/// <summary>The names of numbered workers.</summary>
internal static class UserNames
{
    /// <summary>
    /// <c>{n}</c> becomes the number; otherwise one worker has the name as given, and of several the n-th is <c>USER.wn</c>
    /// (<c>USERn</c> where the name has a worker part already).
    /// </summary>
    public static string For(string user, int number, int count)
    {
        if (user.Contains("{n}", StringComparison.Ordinal)) return user.Replace("{n}", number.ToString(), StringComparison.Ordinal);
        if (count == 1) return user;
        return user.Contains('.') ? $"{user}{number}" : $"{user}.w{number}";
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>The first admin of a running pool, signed in with the password that its first start left behind.</summary>
internal sealed class Staff : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _password;

    private Staff(HttpClient http, string password) => (_http, _password) = (http, password);

    public static async Task<Staff> SignIn(RunningPool pool)
    {
        var password = (await File.ReadAllTextAsync(Path.Combine(pool.Data, "keys", "admin-password"))).Trim();
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{pool.Setup.WebPort}"), Timeout = TimeSpan.FromSeconds(20) };
        var staff = new Staff(http, password);
        await staff.Again();
        return staff;
    }

    /// <summary>A fresh token.</summary>
    public async Task Again()
    {
        _http.DefaultRequestHeaders.Authorization = null;
        var tokens = await Post("/api/v1/auth/login", new { name = "admin", password = _password });
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.GetProperty("accessToken").GetString());
    }

    public async Task<JsonElement> Get(string path) => await Read(path, await _http.GetAsync(path));

    public async Task<JsonElement> Post(string path, object body) => await Read(path, await _http.PostAsJsonAsync(path, body));

    public async Task Delete(string path) => await Read(path, await _http.DeleteAsync(path));

    public void Dispose() => _http.Dispose();

    private static async Task<JsonElement> Read(string path, HttpResponseMessage answer)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.That(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
            return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        }
    }
}

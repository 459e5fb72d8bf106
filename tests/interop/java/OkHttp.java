import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.json.JSONObject;

/** okhttp 3 and org.json, which Processing's library used; set by hand, the encodings switch its
    unpacking off, and every body is parsed whatever the status is. */
class OkHttp implements Http {
    private final OkHttpClient client = new OkHttpClient.Builder()
        .connectTimeout(SECONDS, TimeUnit.SECONDS).readTimeout(SECONDS, TimeUnit.SECONDS)
        .writeTimeout(SECONDS, TimeUnit.SECONDS).build();

    public String ask(String url, String body) throws Exception {
        Request.Builder request = new Request.Builder().url(url)
            .header("Accept", "application/json")
            .header("Accept-Encoding", "gzip, deflate");
        if (body != null)
            request.post(RequestBody.create(MediaType.parse("application/json"), body));
        try (Response answer = client.newCall(request.build()).execute()) {
            return answer.code() + " " + new JSONObject(answer.body().string());
        }
    }
}

/**
 * A sketch with Processing's way of asking: at every frame /error, and /data only if there is none.
 * java HttpSketch PORT JdkHttp|OkHttp prints what it was told, one answer a line.
 */
class HttpSketch {
    static final int FRAMES = 50;
    static String address;
    static Http http;

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        address = "http://localhost:" + (port < 8000 ? 8000 : port);
        http = (Http) Class.forName(arguments[1]).getDeclaredConstructor().newInstance();
        tell("info", http.ask(address + "/info", null));
        draw();
        tell("query", http.ask(address + "/query", "{\"z\": [1, 2]}"));
        draw();
        tell("query", http.ask(address + "/query", "{\"seed\": 1, \"truncation\": 0.8}"));
        for (int frame = 0; frame < FRAMES; frame++) draw();
        System.exit(0);
    }

    static void draw() throws Exception {
        String error = http.ask(address + "/error", null);
        tell("error", error);
        if (error.contains("null")) tell("data", http.ask(address + "/data", null));
    }

    static void tell(String route, String answer) {
        System.out.println(route + " " + answer);
    }
}
